// Part by part: the exact name, else the only one in the directory that differs by case.
#include "library/beneath_case.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "library/beneath.h"

// The only name in an open directory that is `name` but for its case, into *ret. 0, -ENOENT or -ENOMEM.
static int find_name(DIR *dir, const char *name, char ret[NAME_MAX + 1])
{
    unsigned found = 0;
    for (unsigned i = 0; i < BENEATH_CASE_NAMES_MAX; i++) {
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return found == 1 ? 0 : -ENOENT;
        if (entry->d_name[0] == '.' || strcasecmp(entry->d_name, name) != 0)
            continue; // hidden, or another one
        found++;
        memcpy(ret, entry->d_name, strlen(entry->d_name) + 1);
    }
    return -ENOENT; // another one may follow
}

static int find_in(int root, const char *directory, const char *name, char ret[NAME_MAX + 1])
{
    struct beneath_file file;
    int err = beneath_open(root, directory, &file);
    if (err != 0)
        return err;
    DIR *dir = file.is_directory ? fdopendir(file.fd) : NULL;
    if (dir == NULL) {
        close(file.fd);
        return file.is_directory ? -ENOMEM : -ENOENT;
    }
    err = find_name(dir, name, ret);
    closedir(dir);
    return err;
}

static bool exists(int root, const char *path)
{
    struct beneath_file file;
    if (beneath_open(root, path, &file) != 0)
        return false;
    close(file.fd);
    return true;
}

// Appends the part to the path found so far, as it is spelled on disk.
static int append(int root, char *path, size_t size, const char *part)
{
    char name[NAME_MAX + 1];
    size_t n = strlen(path), separator = n > 0 ? 1 : 0;
    if (strlen(part) > NAME_MAX || n + separator + strlen(part) >= size)
        return -ENAMETOOLONG;
    memcpy(path + n, "/", separator);
    memcpy(path + n + separator, part, strlen(part) + 1);
    if (exists(root, path))
        return 0;
    path[n] = '\0';
    int err = find_in(root, path, part, name);
    memcpy(path + n, "/", separator);
    if (err == 0) // as long as the part: only the case of its letters differs
        memcpy(path + n + separator, name, strlen(name) + 1);
    return err;
}

int beneath_find_case(int root, const char *path, char **ret)
{
    size_t size = strlen(path) + 1;
    char *parts = strdup(path), *found = calloc(1, size), *rest = parts;
    int err = parts != NULL && found != NULL ? 0 : -ENOMEM;
    while (err == 0 && rest != NULL) {
        const char *part = strsep(&rest, "/");
        if (*part != '\0')
            err = append(root, found, size, part);
    }
    free(parts);
    if (err == 0)
        *ret = found;
    else
        free(found);
    return err;
}

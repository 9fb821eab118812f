// What a process must see to before anything else.
#ifndef KIN_BASE_PROCESS_H
#define KIN_BASE_PROCESS_H

// First thing in main(). Opens /dev/null in place of each of descriptors 0, 1 and 2 that whoever started the program
// had closed; else the first file or socket would get its number, and be written to by whatever prints an error. And a
// write beyond the size that files may have (RLIMIT_FSIZE) fails with EFBIG from now on; it ended the process
// (SIGXFSZ).
void kin_process_begin(void);

#endif

// Process setup that comes before anything else.
#ifndef KIN_BASE_PROCESS_H
#define KIN_BASE_PROCESS_H

// First thing in main(). Opens /dev/null for each of descriptors 0, 1 and 2 that the program was started without:
// otherwise the first file or socket would get that number, and error messages would be written to it. Ignores SIGXFSZ,
// so that a write beyond RLIMIT_FSIZE fails with EFBIG instead of ending the process.
void kin_process_begin(void);

#endif

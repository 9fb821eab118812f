// The three standard descriptors of a program.
#ifndef KIN_BASE_DESCRIPTORS_H
#define KIN_BASE_DESCRIPTORS_H

// Opens /dev/null in place of each of descriptors 0, 1 and 2 that whoever started the program had closed; else the
// first file or socket would get its number, and be written to by whatever prints an error. First thing in main().
void kin_descriptors_fill_standard(void);

#endif

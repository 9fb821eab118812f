// The commands of kinora-prep, one function each.
#ifndef PREP_COMMANDS_H
#define PREP_COMMANDS_H

// argv[0] is the command's name. Each prints its own errors and returns the exit status.
int command_convert(int argc, char **argv);
int command_pattern(int argc, char **argv);
int command_info(int argc, char **argv);

#define EXIT_USAGE 2

#endif

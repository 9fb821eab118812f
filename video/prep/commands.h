// What kinora-prep can do: one function for each command.
#ifndef PREP_COMMANDS_H
#define PREP_COMMANDS_H

// argv[0] is the command's name. They print what is wrong themselves and return the exit status.
int command_convert(int argc, char **argv);
int command_pattern(int argc, char **argv);
int command_info(int argc, char **argv);

#define EXIT_USAGE 2

#endif

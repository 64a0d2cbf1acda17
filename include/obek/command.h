/* The subcommands of the program `obek` (contract "Commands"): each takes the arguments from its own name on (argv[0] is
   "replay") and returns an exit status. */
#ifndef OBEK_COMMAND_H
#define OBEK_COMMAND_H

enum exit_status { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_HALTED = 3 };

int command_run(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_show(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_segments(int argc, char **argv);
int command_train(int argc, char **argv);
int command_assign(int argc, char **argv);
int command_report(int argc, char **argv);
int command_model(int argc, char **argv);
int command_redrive(int argc, char **argv);
int command_erase(int argc, char **argv);
int command_import(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_top(int argc, char **argv);

#endif

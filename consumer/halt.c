#include "halt.h"

#include <stdarg.h>
#include <stdio.h>

bool halt_raise(struct halt *halt, enum exit_status status, const char *reason, const char *format, ...) {
    if (halt->raised)
        return false;
    halt->raised = true;
    halt->status = status;
    halt->reason = reason;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(halt->error.text, sizeof halt->error.text, format, arguments);
    va_end(arguments);
    return false;
}

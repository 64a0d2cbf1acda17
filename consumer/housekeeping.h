/* About once a second: marks and watermarks (design, section 4); now and then, whether Redis is still fit to hold the truth. */
#ifndef OBEK_HOUSEKEEPING_H
#define OBEK_HOUSEKEEPING_H

#include "pipeline.h"

enum save_result housekeep(struct pipeline *pipeline);
/* The marks and watermarks, whenever the last time was. */
enum save_result housekeep_now(struct pipeline *pipeline);
/* Is the server's policy fit? False: halted, or stopped. */
bool housekeep_policy(struct pipeline *pipeline);

#endif

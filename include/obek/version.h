#ifndef OBEK_VERSION_H
#define OBEK_VERSION_H

#define OBEK_VERSION "0.1.0"

#endif

#ifndef CORE_SHARE_H
#define CORE_SHARE_H

/* A margin; what is no number (a band without width) has none left. */
static inline double clamp_to_unit(double share) {
    return share > 0 ? (share < 1 ? share : 1) : 0;
}

#endif

#include "alignment.h"
#include "obek/buffer.h"
#include "obek/ledger.h"

#include <stdlib.h>

#define TURN_MS_MAX 1000 /* a turn that took longer was busy elsewhere */

void alignment_begin(struct alignment *alignment, size_t n, int64_t align_ms, int64_t now_ms) {
    alignment_free(alignment);
    *alignment = (struct alignment){ .align_ms = align_ms,
                                     .others = TIME_NONE,
                                     .others_ms = now_ms,
                                     .now_ms = now_ms,
                                     .floor = TIME_NONE,
                                     .n = n,
                                     .lanes = xcalloc(n, sizeof(struct lane)) };
    for (size_t i = 0; i < n; i++)
        alignment->lanes[i] = (struct lane){ .watermark = TIME_NONE, .next = TIME_NONE, .delivered_ms = now_ms };
}

void alignment_free(struct alignment *alignment) {
    free(alignment->lanes);
    *alignment = (struct alignment){ 0 };
}

static void judge(struct alignment *alignment, struct lane *lane) {
    lane->counts = lane->at_hand || (lane->backlog && alignment->now_ms - lane->delivered_ms <= ALIGN_PATIENCE_MS);
    alignment->floor = TIME_NONE; /* to be found anew */
}

void alignment_turn(struct alignment *alignment, int64_t now_ms) {
    int64_t since_ms = now_ms - alignment->now_ms;
    int64_t unseen_ms = since_ms > TURN_MS_MAX ? since_ms : 0;
    alignment->now_ms = now_ms;
    alignment->others_ms += unseen_ms;
    if (now_ms - alignment->others_ms > ALIGN_PATIENCE_MS)
        alignment->others = TIME_NEVER;
    for (size_t i = 0; i < alignment->n; i++) {
        alignment->lanes[i].delivered_ms += unseen_ms;
        judge(alignment, &alignment->lanes[i]);
    }
}

void alignment_others(struct alignment *alignment, int64_t reached) {
    alignment->others = reached;
    alignment->others_ms = alignment->now_ms;
    alignment->floor = TIME_NONE;
}

void alignment_delivered(struct alignment *alignment, size_t index) {
    alignment->lanes[index].delivered_ms = alignment->now_ms;
}

void alignment_look(struct alignment *alignment, size_t index, bool at_hand, bool backlog) {
    struct lane *lane = &alignment->lanes[index];
    lane->at_hand = at_hand;
    lane->backlog = backlog;
    judge(alignment, lane);
}

/* ---- the slowest ---- */

struct slowest {
    size_t first, second; /* lanes */
    int64_t first_reached, second_reached;
};

static struct slowest find_slowest(const struct alignment *alignment) {
    struct slowest slowest = { .first = ALIGN_NOBODY, .second = ALIGN_NOBODY, TIME_NEVER, TIME_NEVER };
    if (alignment->others != TIME_NEVER) {
        slowest.first = ALIGN_ELSEWHERE;
        slowest.first_reached = alignment->others;
    }
    for (size_t i = 0; i < alignment->n; i++) {
        const struct lane *lane = &alignment->lanes[i];
        if (!lane->counts)
            continue;
        int64_t reached = lane->next != TIME_NONE ? lane->next : lane->watermark;
        if (reached < slowest.first_reached) {
            slowest.second = slowest.first;
            slowest.second_reached = slowest.first_reached;
            slowest.first = i;
            slowest.first_reached = reached;
        } else if (reached < slowest.second_reached) {
            slowest.second = i;
            slowest.second_reached = reached;
        }
    }
    return slowest;
}

static int64_t ahead(const struct alignment *alignment, int64_t reached) {
    if (reached == TIME_NONE || reached > TIME_NEVER - alignment->align_ms)
        return reached;
    return reached + alignment->align_ms;
}

/* The greatest W that a source may come to. */
static int64_t limit(const struct alignment *alignment, const struct slowest *slowest, size_t index) {
    return ahead(alignment, slowest->first == index ? slowest->second_reached : slowest->first_reached);
}

size_t alignment_slowest_beside(const struct alignment *alignment, size_t index, int64_t *reached) {
    struct slowest slowest = find_slowest(alignment);
    *reached = slowest.first == index ? slowest.second_reached : slowest.first_reached;
    return slowest.first == index ? slowest.second : slowest.first;
}

bool alignment_waits(const struct alignment *alignment) {
    for (size_t i = 0; i < alignment->n; i++)
        if (alignment->lanes[i].next != TIME_NONE)
            return true;
    return false;
}

/* ---- drawing ---- */

size_t alignment_pick(const struct alignment *alignment) {
    size_t best = ALIGN_NOBODY;
    struct slowest slowest;
    bool known = false;
    for (size_t i = 0; i < alignment->n; i++) {
        const struct lane *lane = &alignment->lanes[i];
        if (!lane->at_hand || (best != ALIGN_NOBODY && lane->watermark >= alignment->lanes[best].watermark))
            continue;
        if (lane->next != TIME_NONE) {
            if (!known)
                slowest = find_slowest(alignment);
            known = true;
            if (lane->next > limit(alignment, &slowest, i))
                continue;
        }
        best = i;
    }
    return best;
}

bool alignment_admit(struct alignment *alignment, size_t index, int64_t watermark) {
    if (watermark <= ahead(alignment, alignment->floor)) /* nearly always: what was once reached stays so */
        return true;
    struct slowest slowest = find_slowest(alignment);
    alignment->floor = slowest.first_reached;
    if (watermark <= limit(alignment, &slowest, index))
        return true;
    struct lane *lane = &alignment->lanes[index];
    if (lane->next == TIME_NONE)
        lane->waits_ms = alignment->now_ms;
    lane->next = watermark;
    return false;
}

void alignment_drawn(struct alignment *alignment, size_t index, int64_t watermark) {
    struct lane *lane = &alignment->lanes[index];
    lane->watermark = watermark;
    if (lane->next == TIME_NONE)
        return;
    lane->next = TIME_NONE;
    alignment->floor = TIME_NONE; /* should the second look have found another W */
}

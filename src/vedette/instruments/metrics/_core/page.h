/* A page while it is written. */

#ifndef VEDETTE_PAGE_H
#define VEDETTE_PAGE_H

#include <stdlib.h>
#include <string.h>

#include "values.h"

typedef struct {
    char *start, *at, *end;
    int failed; /* no memory: what comes is left out */
    int exemplars;
} page;

/* Room for so many bytes more; 0 if there is none. */
static inline int page_room(page *out, size_t size)
{
    if (out->failed)
        return 0;
    if ((size_t)(out->end - out->at) < size) {
        size_t used = (size_t)(out->at - out->start), room = (used + size) * 2;
        char *grown = realloc(out->start, room);
        if (grown == NULL) {
            out->failed = 1;
            return 0;
        }
        out->start = grown;
        out->at = grown + used;
        out->end = grown + room;
    }
    return 1;
}

static inline void page_copy(page *out, const void *bytes, size_t size)
{
    memcpy(out->at, bytes, size);
    out->at += size;
}

/* What is asked for in which order: the families of a segment by name, one each. */
typedef struct {
    store *store;
    known **families;
    size_t count;
} request;

void write_text(page *out, const request *asked);
void write_openmetrics(page *out, const request *asked);
void write_protobuf(page *out, const request *asked);

/* The processes of a segment by slot: their pid, 0 where there is none. */
static inline uint64_t pid_of(store *s, uint32_t slot)
{
    return s->file == NULL || slot >= SEGMENT_SLOTS ? 0 : atomic_load(&store_header(s)->slots[slot].pid);
}

#endif

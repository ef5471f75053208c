/* Prometheus' text format 0.0.4 and OpenMetrics 1.0. A line is the same in both but for its exemplar.

   https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
   https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md */

#include "number.h"
#include "page.h"

#define LARGEST_EXEMPLAR (sizeof(" # {} ") + EXEMPLAR_TEXT + 2 * NUMBER_SIZE)

/* name + suffix + {labels} + blank */
static void write_start(page *out, const known *family, const char *suffix, size_t suffix_size, const series *one)
{
    size_t labels = atomic_load_explicit(&one->labels_size, memory_order_relaxed);
    page_copy(out, family->name.at, family->name.size);
    page_copy(out, suffix, suffix_size);
    if (labels) {
        *out->at++ = '{';
        page_copy(out, series_labels(family, one), labels);
        *out->at++ = '}';
    }
    *out->at++ = ' ';
}

static size_t line_room(const known *family, const series *one)
{
    return family->name.size + atomic_load_explicit(&one->labels_size, memory_order_relaxed) + NUMBER_SIZE + 32;
}

static void write_exemplar(page *out, store *s, const series *one, size_t bucket)
{
    exemplar found;
    if (!out->exemplars || !exemplar_read(s, one, bucket, &found) || !page_room(out, LARGEST_EXEMPLAR + 1))
        return;
    page_copy(out, " # {", 4);
    page_copy(out, found.labels, found.size);
    page_copy(out, "} ", 2);
    out->at = write_value(out->at, found.value);
    *out->at++ = ' ';
    out->at = write_timestamp(out->at, found.timestamp);
}

static void write_counter(page *out, store *s, const known *family, const series *one)
{
    if (!page_room(out, line_room(family, one)))
        return;
    write_start(out, family, "", 0, one);
    int64_t whole;
    double part = counter_read(one, &whole);
    out->at = part == 0 ? write_signed(out->at, whole) : write_value(out->at, (double)whole + part);
    write_exemplar(out, s, one, 0);
    *out->at++ = '\n';
}

static void write_each_process(page *out, store *s, const known *family, const series *one)
{
    const gauge_values *values = (const gauge_values *)(one + 1);
    uint32_t most = (uint32_t)((family->value_size - sizeof(gauge_values)) / sizeof(cell));
    size_t labels = atomic_load_explicit(&one->labels_size, memory_order_relaxed);
    for (const gauge_block *block = &values->block; block != NULL; block = gauge_next(s, block)) {
        for (uint32_t i = 0; i < block->count && i < most; i++) {
            uint64_t pid = pid_of(s, block->first + i);
            if (!pid || !atomic_load_explicit(&cells_of(block)[i].tick, memory_order_acquire))
                continue;
            if (!page_room(out, line_room(family, one) + NUMBER_SIZE))
                return;
            page_copy(out, family->name.at, family->name.size);
            *out->at++ = '{';
            page_copy(out, series_labels(family, one), labels);
            if (labels)
                *out->at++ = ',';
            page_copy(out, "pid=\"", 5);
            out->at = write_unsigned(out->at, pid);
            page_copy(out, "\"} ", 3);
            out->at = write_value(out->at, word_double(&cells_of(block)[i].value));
            *out->at++ = '\n';
        }
        most = SEGMENT_SLOTS;
    }
}

static void write_gauge(page *out, store *s, const known *family, const series *one)
{
    double value;
    if ((family->mode & ~MODE_LIVE) == MODE_ALL && s->file != NULL) {
        write_each_process(out, s, family, one);
        return;
    }
    if (!gauge_read(s, family, one, &value) || !page_room(out, line_room(family, one)))
        return;
    write_start(out, family, "", 0, one);
    out->at = write_value(out->at, value);
    *out->at++ = '\n';
}

/* _sum and _count. */
static void write_totals(page *out, const known *family, const series *one, double sum, uint64_t count)
{
    if (!page_room(out, 2 * line_room(family, one)))
        return;
    write_start(out, family, "_sum", 4, one);
    out->at = write_value(out->at, sum);
    *out->at++ = '\n';
    write_start(out, family, "_count", 6, one);
    out->at = write_unsigned(out->at, count);
    *out->at++ = '\n';
}

static void write_histogram(page *out, store *s, const known *family, const series *one, int sums)
{
    const histogram_values *values = (const histogram_values *)(one + 1);
    size_t labels = atomic_load_explicit(&one->labels_size, memory_order_relaxed);
    size_t room = line_room(family, one) + 2 * NUMBER_SIZE;
    uint64_t count = 0;
    char *start = NULL;
    size_t start_size = 0;
    for (size_t i = 0; i <= family->bounds_count; i++) {
        const text *end = &family->ends[i];
        size_t from = start ? (size_t)(start - out->start) : 0;
        if (!page_room(out, room))
            return;
        if (start == NULL) {
            start = out->at;
            page_copy(out, family->name.at, family->name.size);
            page_copy(out, "_bucket{", 8);
            if (labels) {
                page_copy(out, series_labels(family, one), labels);
                *out->at++ = ',';
            }
            start_size = (size_t)(out->at - start);
        } else {
            start = out->start + from; /* the page may have moved */
            page_copy(out, start, start_size);
        }
        page_copy(out, end->at, end->size);
        count += atomic_load_explicit(&values->buckets[i], memory_order_relaxed);
        out->at = write_unsigned(out->at, count);
        write_exemplar(out, s, one, i);
        if (!page_room(out, 1))
            return;
        *out->at++ = '\n';
    }
    if (sums)
        write_totals(out, family, one, word_double(&values->sum), count);
}

static void write_stateset(page *out, const known *family, const series *one)
{
    uint64_t states = atomic_load((const word *)(one + 1));
    size_t labels = atomic_load_explicit(&one->labels_size, memory_order_relaxed);
    for (size_t i = 0; i < family->states_count; i++) {
        if (!page_room(out, line_room(family, one) + family->ends[i].size))
            return;
        page_copy(out, family->name.at, family->name.size);
        *out->at++ = '{';
        if (labels) {
            page_copy(out, series_labels(family, one), labels);
            *out->at++ = ',';
        }
        page_copy(out, family->ends[i].at, family->ends[i].size);
        *out->at++ = (char)('0' + (states >> i & 1));
        *out->at++ = '\n';
    }
}

static void write_series(page *out, store *s, const known *family, const series *one, int sums)
{
    switch (family->kind) {
    case COUNTER:
        write_counter(out, s, family, one);
        break;
    case GAUGE:
        write_gauge(out, s, family, one);
        break;
    case HISTOGRAM:
        write_histogram(out, s, family, one, sums);
        break;
    case SUMMARY: {
        const summary_values *values = (const summary_values *)(one + 1);
        write_totals(out, family, one, word_double(&values->sum), atomic_load(&values->count));
        break;
    }
    case STATESET:
        write_stateset(out, family, one);
        break;
    default:
        if (page_room(out, line_room(family, one))) {
            write_start(out, family, "", 0, one);
            page_copy(out, "1\n", 2);
        }
    }
}

static void write_family(page *out, store *s, const known *family, const text *head, int sums)
{
    if (!page_room(out, head->size))
        return;
    size_t before = (size_t)(out->at - out->start);
    page_copy(out, head->at, head->size);
    size_t empty = (size_t)(out->at - out->start);
    for (series *one = known_first(s, family); one != NULL; one = known_next(s, family, one))
        if (series_alive(one))
            write_series(out, s, family, one, sums);
    if ((size_t)(out->at - out->start) == empty)
        out->at = out->start + before; /* nothing to say of it */
}

void write_text(page *out, const request *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        write_family(out, asked->store, asked->families[i], &asked->families[i]->head, 1);
}

void write_openmetrics(page *out, const request *asked)
{
    out->exemplars = 1;
    for (size_t i = 0; i < asked->count; i++) {
        const known *family = asked->families[i];
        /* A sum that can fall is not allowed there, nor a count without its sum. */
        int sums = family->kind != HISTOGRAM || family->bounds_count == 0 || family->bounds[0] >= 0;
        write_family(out, asked->store, family, &family->open_head, sums);
    }
}

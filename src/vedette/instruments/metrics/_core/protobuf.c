/* The protobuf format: io.prometheus.client.MetricFamily messages, each behind its length. The only one that carries
   native histograms. Field numbers are those of
   https://github.com/prometheus/client_model/blob/v0.6.2/io/prometheus/client/metrics.proto */

#include "page.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2 };

static char *write_varint(char *out, uint64_t value)
{
    while (value >= 0x80) {
        *out++ = (char)(value | 0x80);
        value >>= 7;
    }
    *out++ = (char)value;
    return out;
}

#define VARINT_SIZE 10

static void put_varint(page *out, int field, uint64_t value)
{
    if (!page_room(out, 2 * VARINT_SIZE))
        return;
    out->at = write_varint(out->at, (uint64_t)field << 3 | VARINT);
    out->at = write_varint(out->at, value);
}

static uint64_t zigzag(int64_t value) { return (uint64_t)value << 1 ^ (uint64_t)(value >> 63); }

static void put_double(page *out, int field, double value)
{
    if (!page_room(out, VARINT_SIZE + 8))
        return;
    out->at = write_varint(out->at, (uint64_t)field << 3 | FIXED64);
    page_copy(out, &value, 8); /* little-endian, as the machines are that this is built for */
}

static void put_bytes(page *out, int field, const void *bytes, size_t size)
{
    if (!page_room(out, 2 * VARINT_SIZE + size))
        return;
    out->at = write_varint(out->at, (uint64_t)field << 3 | BYTES);
    out->at = write_varint(out->at, size);
    page_copy(out, bytes, size);
}

/* A message within another: begin, write its fields, end. Its length is put before it when it is known. */
static size_t begin(page *out) { return (size_t)(out->at - out->start); }

static void end(page *out, int field, size_t from)
{
    char frame[2 * VARINT_SIZE], *stop = frame;
    size_t size = (size_t)(out->at - out->start) - from;
    if (field)
        stop = write_varint(stop, (uint64_t)field << 3 | BYTES);
    stop = write_varint(stop, size);
    size_t extra = (size_t)(stop - frame);
    if (!page_room(out, extra))
        return;
    memmove(out->start + from + extra, out->start + from, size);
    memcpy(out->start + from, frame, extra);
    out->at += extra;
}

static void put_label(page *out, int field, const char *name, size_t name_size, const char *value, size_t value_size)
{
    size_t from = begin(out);
    put_bytes(out, 1, name, name_size);
    put_bytes(out, 2, value, value_size);
    end(out, field, from);
}

/* a="b",c="d" as LabelPair messages. */
static void put_labels(page *out, int field, const char *at, size_t size)
{
    const char *stop = at + size;
    char *raw = malloc(size + 1);
    while (raw != NULL && at < stop) {
        const char *name = at;
        while (at < stop && *at != '=')
            at++;
        size_t name_size = (size_t)(at - name), value_size = 0;
        at += 2; /* =" */
        while (at < stop && *at != '"') {
            char c = *at++;
            if (c == '\\' && at < stop) {
                c = *at++;
                c = c == 'n' ? '\n' : c;
            }
            raw[value_size++] = c;
        }
        at += 2; /* ", */
        put_label(out, field, name, name_size, raw, value_size);
    }
    free(raw);
}

static void put_exemplar(page *out, int field, store *s, const series *one, size_t bucket)
{
    exemplar found;
    if (!exemplar_read(s, one, bucket, &found))
        return;
    size_t from = begin(out);
    put_labels(out, 1, found.labels, found.size);
    put_double(out, 2, found.value);
    size_t time = begin(out); /* google.protobuf.Timestamp */
    int64_t ms = (int64_t)(found.timestamp * 1000 + 0.5);
    put_varint(out, 1, (uint64_t)(ms / 1000));
    put_varint(out, 2, (uint64_t)(ms % 1000 * 1000000));
    end(out, 3, time);
    end(out, field, from);
}

/* Spans and deltas: runs of buckets beside each other, and what each has more than the one before. `from` to `to`: the
   buckets of one sign. */
static void put_native_side(page *out, const native_count *from, const native_count *to, int spans, int deltas)
{
    int64_t next = 0; /* the index after the last span; a first span counts from 0 */
    for (const native_count *run = from; run < to;) {
        const native_count *stop = run + 1;
        while (stop < to && stop->index == run->index + (stop - run))
            stop++;
        size_t span = begin(out);
        put_varint(out, 1, zigzag(run->index - next));
        put_varint(out, 2, (uint64_t)(stop - run));
        end(out, spans, span);
        next = run->index + (stop - run);
        run = stop;
    }
    size_t start = begin(out);
    uint64_t before = 0;
    for (const native_count *one = from; one < to; one++) {
        if (!page_room(out, VARINT_SIZE))
            return;
        out->at = write_varint(out->at, zigzag((int64_t)(one->count - before)));
        before = one->count;
    }
    if (from < to)
        end(out, deltas, start);
}

static void put_native(page *out, const native_reading *found)
{
    put_varint(out, 5, zigzag(found->schema));
    put_double(out, 6, NATIVE_ZERO);
    put_varint(out, 7, found->zeros);
    const native_count *first = found->buckets, *last = first + found->used, *positive = first;
    while (positive < last && positive->negative)
        positive++;
    put_native_side(out, first, positive, 9, 10);
    put_native_side(out, positive, last, 12, 13);
    if (found->used == 0 && found->zeros == 0) {
        size_t from = begin(out); /* an empty span: a native histogram without buckets */
        put_varint(out, 1, 0);
        put_varint(out, 2, 0);
        end(out, 12, from);
    }
}

static void put_histogram(page *out, store *s, const known *family, const series *one)
{
    const histogram_values *values = (const histogram_values *)(one + 1);
    size_t from = begin(out);
    native_reading native;
    int is_native = family->native && native_read(s, one, &native);
    uint64_t counted = 0;
    for (size_t i = 0; i <= family->bounds_count; i++) {
        size_t bucket = begin(out);
        counted += atomic_load_explicit(&values->buckets[i], memory_order_relaxed);
        put_varint(out, 1, counted);
        put_double(out, 2, i < family->bounds_count ? family->bounds[i] : Py_HUGE_VAL);
        put_exemplar(out, 3, s, one, i);
        end(out, 3, bucket);
    }
    /* Of observations that are being made just now one of both may know already: a reader of native histograms wants
       the count of their buckets. */
    put_varint(out, 1, is_native ? native.count : counted);
    put_double(out, 2, word_double(&values->sum));
    if (is_native)
        put_native(out, &native);
    end(out, 7, from);
}

/* A Metric message with what `value` says: its number is put as field 1 of field `kind`. */
static void put_number(page *out, const known *family, const series *one, int kind, double value, uint64_t pid,
                       const char *state, size_t state_size, store *s)
{
    size_t metric = begin(out);
    put_labels(out, 1, series_labels(family, one), atomic_load(&one->labels_size));
    if (pid) {
        char digits[24];
        int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)pid);
        put_label(out, 1, "pid", 3, digits, (size_t)size);
    }
    if (state != NULL)
        put_label(out, 1, family->name.at, family->name.size, state, state_size);
    size_t from = begin(out);
    put_double(out, 1, value);
    if (kind == 3)
        put_exemplar(out, 2, s, one, 0);
    end(out, kind, from);
    end(out, 4, metric);
}

static void put_each_process(page *out, store *s, const known *family, const series *one)
{
    const gauge_values *values = (const gauge_values *)(one + 1);
    uint32_t most = (uint32_t)((family->value_size - sizeof(gauge_values)) / sizeof(cell));
    for (const gauge_block *block = &values->block; block != NULL; block = gauge_next(s, block)) {
        for (uint32_t i = 0; i < block->count && i < most; i++) {
            uint64_t pid = pid_of(s, block->first + i);
            if (pid && atomic_load_explicit(&cells_of(block)[i].tick, memory_order_acquire))
                put_number(out, family, one, 2, word_double(&cells_of(block)[i].value), pid, NULL, 0, s);
        }
        most = SEGMENT_SLOTS;
    }
}

static void put_series(page *out, store *s, const known *family, const series *one)
{
    if (family->kind == COUNTER) {
        int64_t whole;
        double part = counter_read(one, &whole);
        put_number(out, family, one, 3, (double)whole + part, 0, NULL, 0, s);
    } else if (family->kind == GAUGE) {
        double value;
        if ((family->mode & ~MODE_LIVE) == MODE_ALL && s->file != NULL)
            put_each_process(out, s, family, one);
        else if (gauge_read(s, family, one, &value))
            put_number(out, family, one, 2, value, 0, NULL, 0, s);
    } else if (family->kind == STATESET) {
        uint64_t states = atomic_load((const word *)(one + 1));
        for (size_t i = 0; i < family->states_count; i++)
            put_number(out, family, one, 2, (double)(states >> i & 1), 0, family->states[i].at, family->states[i].size, s);
    } else if (family->kind == INFO) {
        put_number(out, family, one, 2, 1, 0, NULL, 0, s);
    } else {
        size_t metric = begin(out);
        put_labels(out, 1, series_labels(family, one), atomic_load(&one->labels_size));
        if (family->kind == HISTOGRAM) {
            put_histogram(out, s, family, one);
        } else {
            const summary_values *values = (const summary_values *)(one + 1);
            size_t from = begin(out);
            put_varint(out, 1, atomic_load(&values->count));
            put_double(out, 2, word_double(&values->sum));
            end(out, 4, from);
        }
        end(out, 4, metric);
    }
}

void write_protobuf(page *out, const request *asked)
{
    /* MetricType; an info and a state set are gauges there. */
    static const int TYPES[] = {[COUNTER] = 0, [GAUGE] = 1, [HISTOGRAM] = 4, [SUMMARY] = 2, [INFO] = 1, [STATESET] = 1};
    for (size_t i = 0; i < asked->count; i++) {
        const known *family = asked->families[i];
        page whole = {0};
        size_t empty;
        put_bytes(&whole, 1, family->name.at, family->name.size);
        put_bytes(&whole, 2, family->help.at, family->help.size);
        put_varint(&whole, 3, (uint64_t)TYPES[family->kind]);
        if (family->unit.size)
            put_bytes(&whole, 5, family->unit.at, family->unit.size);
        empty = (size_t)(whole.at - whole.start);
        for (series *one = known_first(asked->store, family); one != NULL; one = known_next(asked->store, family, one))
            if (series_alive(one))
                put_series(&whole, asked->store, family, one);
        size_t size = (size_t)(whole.at - whole.start);
        if (whole.failed)
            out->failed = 1;
        if (size > empty && page_room(out, VARINT_SIZE + size)) {
            out->at = write_varint(out->at, size);
            page_copy(out, whole.start, size);
        }
        free(whole.start);
    }
}

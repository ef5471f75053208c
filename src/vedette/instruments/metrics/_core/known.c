/* See known.h. */

#include "known.h"

#include <stdlib.h>
#include <string.h>

#include "number.h"

/* --- descriptions as bytes --------------------------------------------------------------------------------------- */

/* kind, mode, native, 0; then name, help and unit, the labels, the bounds and the states, each list with its length. */

typedef struct {
    char *at;
    size_t size, room;
} buffer;

static int put(buffer *out, const void *bytes, size_t size)
{
    if (size > out->room - out->size) {
        size_t room = (out->room + size) * 2;
        char *grown = realloc(out->at, room);
        if (grown == NULL) {
            PyErr_NoMemory();
            return 0;
        }
        out->at = grown;
        out->room = room;
    }
    memcpy(out->at + out->size, bytes, size);
    out->size += size;
    return 1;
}

static int put_count(buffer *out, Py_ssize_t count)
{
    uint32_t number = (uint32_t)count;
    return count >= 0 && put(out, &number, sizeof number);
}

static int put_text(buffer *out, PyObject *given)
{
    Py_ssize_t size;
    const char *utf8 = given == NULL ? NULL : PyUnicode_AsUTF8AndSize(given, &size);
    return utf8 != NULL && put_count(out, size) && put(out, utf8, (size_t)size);
}

/* A tuple of texts, or of pairs whose first is one, or of floats. */
static int put_list(buffer *out, PyObject *given)
{
    if (given == NULL || !PyTuple_Check(given) || !put_count(out, PyTuple_GET_SIZE(given)))
        return 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(given); i++) {
        PyObject *item = PyTuple_GET_ITEM(given, i);
        if (PyFloat_Check(item)) {
            double number = PyFloat_AS_DOUBLE(item);
            if (!put(out, &number, sizeof number))
                return 0;
        } else if (!put_text(out, PyTuple_Check(item) ? PyTuple_GET_ITEM(item, 0) : item)) {
            return 0;
        }
    }
    return 1;
}

static const char *const KINDS[] = {"", "counter", "gauge", "histogram", "summary", "info", "stateset"};
static const char *const MODES[] = {"sum", "min", "max", "mostrecent", "all"};

static int code_of(PyObject *given, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (given != NULL && PyUnicode_Check(given) && PyUnicode_CompareWithASCIIString(given, words[i]) == 0)
            return i;
    return -1;
}

static int mode_of(PyObject *given)
{
    const char *word = given == NULL ? NULL : PyUnicode_AsUTF8(given);
    if (word == NULL)
        return -1;
    int live = strncmp(word, "live", 4) == 0 ? MODE_LIVE : 0;
    for (int i = 0; i < 5; i++)
        if (strcmp(word + (live ? 4 : 0), MODES[i]) == 0)
            return i | live;
    return -1;
}

char *known_describe(PyObject *description, size_t *size)
{
    buffer out = {NULL, 0, 0};
    PyObject *type = PyObject_GetAttrString(description, "type");
    PyObject *mode = PyObject_GetAttrString(description, "multiprocess_mode");
    PyObject *native = PyObject_GetAttrString(description, "native");
    int kind = code_of(type, KINDS, 7), merge = mode_of(mode);
    int done = kind > 0 && merge >= 0 && native != NULL &&
               put(&out, (char[]){(char)kind, (char)merge, (char)(native == Py_True), 0}, 4);
    static const char *const TEXTS[] = {"name", "help", "unit"}, *const LISTS[] = {"labels", "buckets", "states"};
    for (int i = 0; done && i < 3; i++) {
        PyObject *value = PyObject_GetAttrString(description, TEXTS[i]);
        done = put_text(&out, value);
        Py_XDECREF(value);
    }
    for (int i = 0; done && i < 3; i++) {
        PyObject *value = PyObject_GetAttrString(description, LISTS[i]);
        done = put_list(&out, value);
        Py_XDECREF(value);
    }
    Py_XDECREF(type);
    Py_XDECREF(mode);
    Py_XDECREF(native);
    if (!done) {
        free(out.at);
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "not the description of a metric");
        return NULL;
    }
    *size = out.size;
    return out.at;
}

size_t known_value_size(int kind, size_t bounds, int slots)
{
    switch (kind) {
    case COUNTER:
        return sizeof(counter_values);
    case GAUGE:
        return sizeof(gauge_values) + (size_t)slots * sizeof(cell);
    case HISTOGRAM:
        return sizeof(histogram_values) + (bounds + 1) * sizeof(word);
    case SUMMARY:
        return sizeof(summary_values);
    case STATESET:
        return sizeof(word);
    default:
        return 0;
    }
}

/* --- and back ---------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *at;
    size_t left;
} reader;

static int take(reader *in, void *to, size_t size)
{
    if (size > in->left)
        return 0;
    memcpy(to, in->at, size);
    in->at += size;
    in->left -= size;
    return 1;
}

static int take_count(reader *in, size_t least, size_t *count)
{
    uint32_t number;
    if (!take(in, &number, sizeof number) || number > in->left / least)
        return 0;
    *count = number;
    return 1;
}

static int take_text(reader *in, text *to)
{
    if (!take_count(in, 1, &to->size))
        return 0;
    to->at = malloc(to->size + 1);
    if (to->at == NULL || !take(in, to->at, to->size))
        return 0;
    to->at[to->size] = 0;
    return 1;
}

static text *take_texts(reader *in, size_t *count)
{
    if (!take_count(in, sizeof(uint32_t), count))
        return NULL;
    text *found = calloc(*count + 1, sizeof(text));
    for (size_t i = 0; found != NULL && i < *count; i++)
        if (!take_text(in, &found[i])) {
            *count = i + 1; /* so far there is something to free */
            return found;
        }
    return found;
}

static void free_texts(text *texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i].at);
    free(texts);
}

void known_free(known *one)
{
    if (one == NULL)
        return;
    free(one->name.at);
    free(one->help.at);
    free(one->unit.at);
    free(one->head.at);
    free(one->open_head.at);
    free(one->bounds);
    free_texts(one->labels, one->labels_count);
    free_texts(one->ends, one->ends_count);
    free_texts(one->states, one->states_count);
    free(one);
}

static int read_description(known *one, const char *bytes, size_t size)
{
    reader in = {bytes, size};
    unsigned char start[4];
    if (!take(&in, start, 4) || start[0] < COUNTER || start[0] > STATESET || (start[1] & 7) > MODE_ALL)
        return 0;
    one->mode = start[1];
    one->native = start[2];
    if (!take_text(&in, &one->name) || !take_text(&in, &one->help) || !take_text(&in, &one->unit))
        return 0;
    one->labels = take_texts(&in, &one->labels_count);
    if (one->labels == NULL || !take_count(&in, sizeof(double), &one->bounds_count))
        return 0;
    one->bounds = malloc((one->bounds_count + 1) * sizeof(double));
    if (one->bounds == NULL || !take(&in, one->bounds, one->bounds_count * sizeof(double)))
        return 0;
    one->states = take_texts(&in, &one->states_count);
    if (one->states == NULL || in.left != 0 || one->name.size == 0 || one->states_count > 64)
        return 0;
    one->kind = start[0];
    return 1;
}

/* A piece of a page: the parts one after the other, each escaped where `escape` names its place by a bit. */
static int join(text *to, unsigned escape, const text *parts, size_t count)
{
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += parts[i].size * 2;
    char *out = to->at = malloc(room);
    if (out == NULL)
        return 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < parts[i].size; j++) {
            char c = parts[i].at[j];
            if ((escape >> (2 * i) & 3) && (c == '\\' || c == '\n' || (c == '"' && (escape >> (2 * i) & 2)))) {
                *out++ = '\\';
                c = c == '\n' ? 'n' : c;
            }
            *out++ = c;
        }
    to->size = (size_t)(out - to->at);
    return 1;
}

#define LITERAL(words) {(char *)(words), sizeof(words) - 1}
#define TEXT_ESCAPES(place) (1u << 2 * (place))
#define LABEL_ESCAPES(place) (2u << 2 * (place))

/* What is written before and between the values of its series; see text.c. */
static int prepare_pieces(known *one)
{
    static const text TEXT_TYPES[] = {LITERAL(""), LITERAL(" counter\n"), LITERAL(" gauge\n"), LITERAL(" histogram\n"),
                                      LITERAL(" summary\n"), LITERAL(" gauge\n"), LITERAL(" gauge\n")};
    static const text OPEN_TYPES[] = {LITERAL(""), LITERAL(" counter\n"), LITERAL(" gauge\n"), LITERAL(" histogram\n"),
                                      LITERAL(" summary\n"), LITERAL(" info\n"), LITERAL(" stateset\n")};
    text bare = one->name;
    size_t ending = one->kind == COUNTER ? 6 : one->kind == INFO ? 5 : 0; /* _total, _info */
    if (ending && bare.size > ending)
        bare.size -= ending;
    text help = LITERAL("# HELP "), type = LITERAL("# TYPE "), unit = LITERAL("# UNIT "), space = LITERAL(" ");
    text line = LITERAL("\n"), nothing = LITERAL("");
    text head[] = {help, one->name, space, one->help, line, type, one->name, TEXT_TYPES[one->kind]};
    int has_unit = one->unit.size != 0;
    text open_head[] = {type, bare, OPEN_TYPES[one->kind],
                        has_unit ? unit : nothing, has_unit ? bare : nothing, has_unit ? space : nothing,
                        one->unit, has_unit ? line : nothing,
                        help, bare, space, one->help, line};
    if (!join(&one->head, TEXT_ESCAPES(3), head, 8) || !join(&one->open_head, LABEL_ESCAPES(11), open_head, 13))
        return 0;
    size_t count = one->kind == STATESET ? one->states_count : one->kind == HISTOGRAM ? one->bounds_count + 1 : 0;
    one->ends = calloc(count + 1, sizeof(text));
    one->ends_count = count;
    for (size_t i = 0; one->ends != NULL && i < count; i++) {
        char bound[NUMBER_SIZE];
        text end = LITERAL("\"} "), start = LITERAL("le=\""), equals = LITERAL("=\"");
        if (one->kind == HISTOGRAM) {
            char *stop = i < one->bounds_count ? write_bound(bound, one->bounds[i]) : bound + sprintf(bound, "+Inf");
            text parts[] = {start, {bound, (size_t)(stop - bound)}, end};
            if (!join(&one->ends[i], 0, parts, 3))
                return 0;
        } else {
            text parts[] = {one->name, equals, one->states[i], end};
            if (!join(&one->ends[i], LABEL_ESCAPES(2), parts, 4))
                return 0;
        }
    }
    return one->ends != NULL;
}

static known *read_family(store *s, uint64_t offset)
{
    family *record = store_view(s, offset, sizeof(family));
    if (record == NULL)
        return NULL;
    known *one = calloc(1, sizeof(known));
    if (one == NULL)
        return NULL;
    one->record = record;
    one->offset = offset;
    const char *bytes = store_view(s, offset + sizeof(family), record->description_size);
    if (bytes != NULL && read_description(one, bytes, record->description_size)) {
        one->value_size = record->value_size;
        size_t least = known_value_size(one->kind, one->bounds_count, one->kind == GAUGE);
        if (one->value_size < least || one->value_size % 8 || !prepare_pieces(one))
            one->kind = 0;
    } else {
        one->kind = 0;
    }
    return one;
}

void known_update(store *s)
{
    header *top = store_header(s);
    for (;;) {
        word *link = s->walked ? &((family *)store_at(s, s->walked))->next : &top->families;
        uint64_t offset = atomic_load_explicit(link, memory_order_acquire);
        if (offset <= s->walked)
            return;
        if (s->families_count == s->families_room) {
            size_t room = s->families_room ? s->families_room * 2 : 16;
            known **grown = realloc(s->families, room * sizeof *grown);
            if (grown == NULL)
                return;
            s->families = grown;
            s->families_room = room;
        }
        known *one = read_family(s, offset);
        if (one == NULL)
            return;
        s->families[s->families_count++] = one;
        s->walked = offset;
    }
}

known *known_at(store *s, uint64_t offset)
{
    size_t low = 0, high = s->families_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->families[middle]->offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->families_count && s->families[low]->offset == offset ? s->families[low] : NULL;
}

/* --- series ------------------------------------------------------------------------------------------------------ */

static series *checked(store *s, const known *family, uint64_t offset)
{
    series *one = store_view(s, offset, sizeof(series) + family->value_size);
    if (one == NULL)
        return NULL;
    uint64_t room = one->size;
    if (room % 8 || room < sizeof(series) + family->value_size || store_view(s, offset, room) == NULL ||
        atomic_load_explicit(&one->labels_size, memory_order_relaxed) > room - sizeof(series) - family->value_size)
        return NULL;
    return one;
}

series *known_first(store *s, const known *family)
{
    uint64_t offset = atomic_load_explicit(&family->record->first, memory_order_acquire);
    return offset ? checked(s, family, offset) : NULL;
}

series *known_next(store *s, const known *family, const series *before)
{
    uint64_t offset = atomic_load_explicit(&before->next, memory_order_acquire);
    return offset > store_offset(s, before) ? checked(s, family, offset) : NULL;
}

void known_recount(store *s, const known *family)
{
    if (!family->kind)
        return;
    uint64_t live = 0, dropped = 0;
    for (series *one = known_first(s, family); one != NULL; one = known_next(s, family, one))
        *(series_alive(one) ? &live : &dropped) += 1;
    atomic_store(&family->record->live, live);
    atomic_store(&family->record->dropped, dropped);
    atomic_fetch_add(&family->record->reused, 1); /* whoever was stopped may not have told of the last one */
}

gauge_block *gauge_next(store *s, const gauge_block *block)
{
    uint64_t offset = atomic_load_explicit(&block->next, memory_order_acquire);
    if (offset <= store_offset(s, block))
        return NULL;
    gauge_block *next = store_view(s, offset, sizeof(gauge_block));
    if (next == NULL || next->count > SEGMENT_SLOTS ||
        store_view(s, offset, sizeof(gauge_block) + next->count * sizeof(cell)) == NULL)
        return NULL;
    return next;
}

static int merged(store *s, int mode, const gauge_values *values, size_t embedded, double *value)
{
    int found = 0;
    uint64_t newest = 0;
    const cell *one = &values->residual;
    const gauge_block *block = &values->block;
    uint32_t count = 1, i = 0;
    size_t most = embedded;
    for (;;) {
        for (; i < count; i++, one++) {
            uint64_t tick = atomic_load_explicit(&one->tick, memory_order_acquire);
            if (tick == 0)
                continue;
            double here = word_double(&one->value);
            if (!found)
                *value = here;
            else if (mode == MODE_SUM)
                *value += here;
            else if (mode == MODE_MIN ? here < *value : mode == MODE_MAX ? here > *value : tick > newest)
                *value = here;
            newest = tick > newest ? tick : newest;
            found = 1;
        }
        if (block == NULL)
            return found;
        one = cells_of(block);
        count = block->count < most ? block->count : (uint32_t)most;
        i = 0;
        block = gauge_next(s, block);
        most = SEGMENT_SLOTS;
    }
}

int gauge_read(store *s, const known *family, const series *one, double *value)
{
    const gauge_values *values = (const gauge_values *)(one + 1);
    size_t embedded = (family->value_size - sizeof(gauge_values)) / sizeof(cell);
    int mode = family->mode & ~MODE_LIVE;
    if (family->mode & MODE_LIVE)
        return merged(s, mode, values, embedded, value);
    /* What a dead process left may just be on its way to the residual. */
    word *folds = &store_header(s)->folds;
    for (int tried = 0;; tried++) {
        uint64_t before = atomic_load(folds);
        int found = merged(s, mode, values, embedded, value);
        if ((before % 2 == 0 && atomic_load(folds) == before) || tried == 1000)
            return found;
    }
}

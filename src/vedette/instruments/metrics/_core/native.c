/* Native histograms: exponential buckets of a series, as many as there are observations to tell apart.

   A block has room for NATIVE_BUCKETS buckets of one schema (2^schema of them between a power of two and the next). When
   it is full, a block of a coarser schema is put before it and takes what comes from then on; what is in the old one
   stays, and is counted together with the new one by whoever reads. So no count is ever moved.

   https://prometheus.io/docs/specs/native_histograms/ */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

/* Growth by 9 % from bucket to bucket: any quantile is right within 4.3 %. */
#define FIRST_SCHEMA 3
#define LAST_SCHEMA (-4)
#define FULL (NATIVE_BUCKETS * 3 / 4)

/* The bucket of a value above zero: index i has the values up to 2^(i / 2^schema). */
static int64_t index_of(double value, int schema)
{
    int beyond = isinf(value) != 0;
    if (beyond)
        value = 1.7976931348623157e308; /* it is counted above all that is finite */
    int exponent;
    double fraction = frexp(value, &exponent); /* 0.5 <= fraction < 1 */
    if (schema > 0) {
        int64_t parts = (int64_t)1 << schema;
        int64_t low = 0, high = parts; /* the first i with 2^(i / parts - 1) >= fraction */
        while (low < high) {
            int64_t middle = (low + high) / 2;
            if (exp2((double)middle / (double)parts - 1) < fraction)
                low = middle + 1;
            else
                high = middle;
        }
        return low + (exponent - 1) * parts + beyond;
    }
    int64_t index = exponent - (fraction == 0.5) + beyond;
    int64_t width = (int64_t)1 << -schema;
    return (index + width - 1) >> -schema;
}

static uint64_t key_of(int64_t index, int negative) { return (uint64_t)(index + 0x40000000) << 2 | (uint64_t)negative << 1 | 1; }
static int64_t index_of_key(uint64_t key) { return (int64_t)(key >> 2) - 0x40000000; }

/* NULL too where it is no block of ours. */
static native_block *block_at(store *s, uint64_t offset)
{
    native_block *block = offset ? store_view(s, offset, sizeof(native_block)) : NULL;
    return block != NULL && block->schema >= LAST_SCHEMA && block->schema <= FIRST_SCHEMA ? block : NULL;
}

/* The count of a bucket, NULL where the block has no place for it. */
static word *count_of(native_block *block, uint64_t key)
{
    size_t at = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) % NATIVE_BUCKETS;
    for (size_t tried = 0; tried < NATIVE_BUCKETS; tried++, at = at + 1 == NATIVE_BUCKETS ? 0 : at + 1) {
        uint64_t here = atomic_load_explicit(&block->buckets[at].key, memory_order_acquire);
        if (here == 0 && atomic_compare_exchange_strong(&block->buckets[at].key, &here, key))
            atomic_fetch_add(&block->taken, 1);
        if (here == 0 || here == key)
            return &block->buckets[at].count;
    }
    return NULL;
}

/* How many buckets a block would have at a schema. */
static size_t spread(const native_block *block, int64_t schema)
{
    uint64_t seen[NATIVE_BUCKETS];
    size_t count = 0;
    for (size_t i = 0; i < NATIVE_BUCKETS; i++) {
        uint64_t key = atomic_load(&block->buckets[i].key);
        if (key == 0)
            continue;
        int64_t shift = block->schema - schema;
        int64_t index = (index_of_key(key) + ((int64_t)1 << shift) - 1) >> shift;
        uint64_t merged = key_of(index, key >> 1 & 1);
        size_t j = 0;
        while (j < count && seen[j] != merged)
            j++;
        if (j == count)
            seen[count++] = merged;
    }
    return count;
}

/* A block for what comes now: the first, or a coarser one before a full one. */
static native_block *add_block(Family *f, histogram_values *values, uint64_t seen)
{
    store *s = f->store;
    if (!store_lock(s))
        return NULL;
    uint64_t now = atomic_load(&values->native);
    native_block *block = block_at(s, now);
    if (now == seen) {
        int64_t schema = block == NULL ? FIRST_SCHEMA : block->schema - 1;
        while (block != NULL && schema > LAST_SCHEMA && spread(block, schema) > NATIVE_BUCKETS / 2)
            schema--;
        native_block *added = schema < LAST_SCHEMA ? NULL : store_allocate(s, sizeof(native_block));
        if (added != NULL) {
            added->schema = schema;
            atomic_store(&added->previous, now);
            atomic_store_explicit(&values->native, store_offset(s, added), memory_order_release);
            block = added;
        }
    }
    store_unlock(s);
    return block;
}

void native_observe(Family *f, series *one, double value)
{
    histogram_values *values = (histogram_values *)(one + 1);
    for (int tried = 0; tried < 4; tried++) {
        uint64_t offset = atomic_load_explicit(&values->native, memory_order_acquire);
        native_block *block = block_at(f->store, offset);
        if (block != NULL && fabs(value) <= NATIVE_ZERO) {
            atomic_fetch_add_explicit(&block->zeros, 1, memory_order_relaxed);
            return;
        }
        if (block != NULL && (atomic_load_explicit(&block->taken, memory_order_relaxed) < FULL || tried == 3)) {
            word *count = count_of(block, key_of(index_of(fabs(value), (int)block->schema), value < 0));
            if (count != NULL) {
                atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
                return;
            }
        }
        if (add_block(f, values, offset) == NULL)
            tried = 2; /* no more memory: what still has a bucket goes there */
    }
    family_lost(f);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static int in_order(const void *left, const void *right)
{
    const native_count *a = left, *b = right;
    if (a->negative != b->negative)
        return b->negative - a->negative;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* The same bucket of several blocks becomes one. */
static void merge_equal(native_reading *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->used; i++) {
        if (kept && found->buckets[kept - 1].index == found->buckets[i].index &&
            found->buckets[kept - 1].negative == found->buckets[i].negative)
            found->buckets[kept - 1].count += found->buckets[i].count;
        else
            found->buckets[kept++] = found->buckets[i];
    }
    found->used = kept;
}

int native_read(store *s, const series *one, native_reading *found)
{
    const histogram_values *values = (const histogram_values *)(one + 1);
    native_block *block = block_at(s, atomic_load_explicit(&values->native, memory_order_acquire));
    found->schema = block == NULL ? FIRST_SCHEMA : (int)block->schema; /* the coarsest: it is the newest */
    found->zeros = found->count = 0;
    found->used = 0;
    for (int blocks = 0; block != NULL && blocks <= FIRST_SCHEMA - LAST_SCHEMA; blocks++) {
        int64_t shift = block->schema - found->schema;
        if (shift < 0)
            return 0; /* no segment of ours: the newest is the coarsest */
        found->zeros += atomic_load_explicit(&block->zeros, memory_order_relaxed);
        for (size_t i = 0; i < NATIVE_BUCKETS; i++) {
            uint64_t key = atomic_load_explicit(&block->buckets[i].key, memory_order_acquire);
            uint64_t count = atomic_load_explicit(&block->buckets[i].count, memory_order_relaxed);
            if (key == 0 || count == 0)
                continue;
            found->buckets[found->used].index = (index_of_key(key) + ((int64_t)1 << shift) - 1) >> shift;
            found->buckets[found->used].negative = key >> 1 & 1;
            found->buckets[found->used++].count = count;
        }
        qsort(found->buckets, found->used, sizeof found->buckets[0], in_order);
        merge_equal(found);
        if (found->used > NATIVE_BUCKETS)
            return 0; /* no segment of ours */
        block = block_at(s, atomic_load(&block->previous));
    }
    found->count = found->zeros;
    for (size_t i = 0; i < found->used; i++)
        found->count += found->buckets[i].count;
    return 1;
}

/* Seconds that only ever grow, for durations. */

#ifndef VEDETTE_TICKS_H
#define VEDETTE_TICKS_H

void ticks_setup(void);
double ticks_seconds(void);

#endif

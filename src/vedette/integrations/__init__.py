"""One file for each library that is instrumented. A library is imported when it is attached, never before."""

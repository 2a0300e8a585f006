#ifndef C_SQLITE_SETTINGS_H
#define C_SQLITE_SETTINGS_H

/// Has SQLite keep no statistics of its memory, for which every allocation takes a lock that all
/// threads share. To be called before anything else of SQLite, on the only thread that uses it.
///
/// Returns 0 (`SQLITE_OK`), or 21 (`SQLITE_MISUSE`) when SQLite was in use and nothing changed.
int baton_sqlite_keep_no_memory_statistics(void);

#endif

#include "CSQLiteSettings.h"

#include <sqlite3.h>

int baton_sqlite_keep_no_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#include "shim.h"

#include <string.h>

struct text text_make(char *buffer, size_t size) {
  buffer[0] = 0;
  return (struct text){.start = buffer, .length = 0, .size = size};
}

static void add_char(struct text *text, char c) {
  if (text->length + 1 >= text->size) return;
  text->start[text->length++] = c;
  text->start[text->length] = 0;
}

void text_add(struct text *text, const char *string) {
  while (*string) add_char(text, *string++);
}

void text_add_line_safe(struct text *text, const char *string) {
  for (; *string; string++) {
    unsigned char c = (unsigned char)*string;
    add_char(text, c < 32 || c == 127 ? '?' : *string);
  }
}

void text_add_u64(struct text *text, uint64_t value) {
  char digits[24];
  size_t at = sizeof digits;
  digits[--at] = 0;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  text_add(text, digits + at);
}

void text_add_i64(struct text *text, int64_t value) {
  if (value < 0) {
    add_char(text, '-');
    text_add_u64(text, (uint64_t)0 - (uint64_t)value);
  } else {
    text_add_u64(text, (uint64_t)value);
  }
}

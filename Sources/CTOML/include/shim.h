#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum countersign_toml_kind {
    countersign_toml_table,
    countersign_toml_array,
    countersign_toml_string,
    countersign_toml_integer,
    countersign_toml_boolean,
    countersign_toml_fraction,
    countersign_toml_date,
    countersign_toml_time,
    countersign_toml_date_time,
};

struct countersign_toml_item {
    enum countersign_toml_kind kind;
    /* Within a table: what the item is called there. */
    const char *name;
    size_t name_length;
    /* A string's characters, which may be any. */
    const char *text;
    size_t text_length;
    /* An integer; a boolean as 0 or 1; of a table or an array how many items are in it. */
    int64_t number;
};

/* A text as toml++ read it: behind each table and each array stands what is in it. */
struct countersign_toml {
    /* The first is the table of the whole text; none where that is not TOML. */
    const struct countersign_toml_item *items;
    size_t count;
    /* What is wrong, which may quote the text, and where that begins, from 1. */
    const char *problem;
    size_t problem_length, line, column;
};

/* Of UTF-8, to be freed by whoever asked. */
struct countersign_toml *countersign_toml_parse(const char *text, size_t length);
void countersign_toml_free(struct countersign_toml *toml);

#ifdef __cplusplus
}
#endif

#include "shim.h"

/* Without exceptions, and without what writes TOML: neither is needed, and both take from the start of the program. */
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace {

struct document : countersign_toml {
    toml::parse_result result;
    std::vector<countersign_toml_item> list;

    explicit document(std::string_view text) : countersign_toml{}, result(toml::parse(text)) {
        if (!result) {
            const auto &error = result.error();
            problem = error.description().data();
            problem_length = error.description().size();
            line = error.source().begin.line;
            column = error.source().begin.column;
            return;
        }
        add(result.table(), {});
        items = list.data();
        count = list.size();
    }

    void add(const toml::node &node, std::string_view name) {
        countersign_toml_item item{};
        item.kind = kind(node);
        item.name = name.data();
        item.name_length = name.size();
        if (const auto *text = node.as_string()) {
            item.text = text->get().data();
            item.text_length = text->get().size();
        }
        if (const auto *integer = node.as_integer()) item.number = integer->get();
        if (const auto *boolean = node.as_boolean()) item.number = boolean->get();
        if (const auto *array = node.as_array()) item.number = static_cast<int64_t>(array->size());
        if (const auto *table = node.as_table()) item.number = static_cast<int64_t>(table->size());
        list.push_back(item);
        if (const auto *array = node.as_array()) {
            for (const auto &element : *array) add(element, {});
        }
        if (const auto *table = node.as_table()) {
            for (const auto &[key, value] : *table) add(value, key.str());
        }
    }

    static countersign_toml_kind kind(const toml::node &node) {
        switch (node.type()) {
        case toml::node_type::array: return countersign_toml_array;
        case toml::node_type::string: return countersign_toml_string;
        case toml::node_type::integer: return countersign_toml_integer;
        case toml::node_type::boolean: return countersign_toml_boolean;
        case toml::node_type::floating_point: return countersign_toml_fraction;
        case toml::node_type::date: return countersign_toml_date;
        case toml::node_type::time: return countersign_toml_time;
        case toml::node_type::date_time: return countersign_toml_date_time;
        default: return countersign_toml_table;
        }
    }
};

}  // namespace

countersign_toml *countersign_toml_parse(const char *text, size_t length) {
    return new document(std::string_view(text, length));
}

void countersign_toml_free(countersign_toml *toml) { delete static_cast<document *>(toml); }

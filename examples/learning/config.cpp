// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace learning {
namespace {

template <std::size_t N>
void require_one_of(char const* what, std::string const& name, std::array<std::string_view, N> const& names)
{
    if (std::find(names.begin(), names.end(), name) == names.end())
        throw usage_error(std::string(what) + " must be one of " + list_of(names) + ", got " + name);
}

void require_from(char const* what, index_t value, index_t least)
{
    if (value < least)
        throw usage_error(std::string(what) + " must be at least " + std::to_string(least) + ", got " +
                          std::to_string(value));
}

index_t number(std::string const& key, std::string const& text)
{
    index_t value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size())
        throw usage_error("configuration: " + key + " must be a whole number, got " + text);
    return value;
}

}  // namespace

std::string to_text(network_config const& c)
{
    std::ostringstream text;
    text << "task=" << c.task << " affinity=" << c.affinity << " propagation=" << c.propagation << " width=" << c.width
         << " levels=" << c.levels << " features=" << c.features << " kernel=" << c.kernel << " steps=" << c.steps;
    return text.str();
}

network_config parse_config(std::string const& text)
{
    std::map<std::string, std::string> values;
    std::istringstream words(text);
    for (std::string word; words >> word;)
        if (auto const at = word.find('='); at != std::string::npos) values[word.substr(0, at)] = word.substr(at + 1);
    auto const value = [&](char const* key) {
        auto const found = values.find(key);
        if (found == values.end())
            throw usage_error("configuration: " + std::string(key) + " is missing in \"" + text + "\"");
        return found->second;
    };
    network_config c{.task = value("task"), .affinity = value("affinity"), .propagation = value("propagation")};
    c.width = number("width", value("width"));
    c.levels = number("levels", value("levels"));
    c.features = number("features", value("features"));
    c.kernel = number("kernel", value("kernel"));
    c.steps = number("steps", value("steps"));
    require_valid(c);
    return c;
}

void require_valid(network_config const& c)
{
    require_one_of("task", c.task, task_names);
    require_one_of("affinity", c.affinity, affinity_names);
    require_one_of("propagation", c.propagation, propagation_names);
    require_from("width", c.width, 4);
    if (c.width % 4 != 0) throw usage_error("width must be a multiple of 4, got " + std::to_string(c.width));
    require_from("levels", c.levels, 0);
    require_from("features", c.features, 1);
    require_from("kernel", c.kernel, 3);
    if (c.kernel % 2 == 0) throw usage_error("kernel must be odd, got " + std::to_string(c.kernel));
    require_from("steps", c.steps, 1);
}

}  // namespace learning

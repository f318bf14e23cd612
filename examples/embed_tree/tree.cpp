// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "tree.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <utility>

#include "../common/usage_error.hpp"

namespace embed_tree {
namespace {

using examples::usage_error;

/// Nodes by name, each with the children and the parent that the file gave it.
struct named_nodes {
    std::vector<std::string> names;
    std::vector<index_t> parents;
    std::vector<std::vector<index_t>> children;

    index_t find(std::string const& name)
    {
        auto const [place, is_new] = numbers_.emplace(name, static_cast<index_t>(names.size()));
        if (is_new) {
            names.push_back(name);
            parents.push_back(-1);
            children.emplace_back();
        }
        return place->second;
    }

private:
    std::map<std::string, index_t> numbers_;
};

std::string trimmed(std::string const& text)
{
    auto const first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/// The two names of a line: separated by the only comma or tab, else by blanks. Empty where there are not two.
std::pair<std::string, std::string> split(std::string const& line)
{
    auto separator = line.find_first_of(",\t");
    if (separator == std::string::npos) separator = line.find(' ');
    if (separator == std::string::npos) return {};
    auto const first = trimmed(line.substr(0, separator)), second = trimmed(line.substr(separator + 1));
    bool const more = second.find_first_of(",\t") != std::string::npos ||
                      (line[separator] == ' ' && second.find(' ') != std::string::npos);
    return first.empty() || second.empty() || more ? std::pair<std::string, std::string>() : std::pair(first, second);
}

named_nodes read_nodes(std::filesystem::path const& path)
{
    std::ifstream in(path);
    if (!in) throw usage_error("cannot read " + path.string());
    named_nodes nodes;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        auto const fail = [&](std::string const& why) {
            throw usage_error(path.string() + ":" + std::to_string(number) + ": " + why);
        };
        line = trimmed(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        auto const [above, below] = split(line);
        if (above.empty()) fail("an edge is two names, \"parent child\"");
        index_t const parent = nodes.find(above), child = nodes.find(below);
        if (parent == child) fail(above + " cannot be its own parent");
        auto& known = nodes.parents[static_cast<std::size_t>(child)];
        if (known >= 0) fail(below + " has a parent already");
        known = parent;
        nodes.children[static_cast<std::size_t>(parent)].push_back(child);
    }
    if (nodes.names.empty()) throw usage_error(path.string() + ": no edges");
    return nodes;
}

/// Breadth first from the root, so that parents come before children.
tree ordered(named_nodes const& nodes, std::filesystem::path const& path)
{
    auto const& parents = nodes.parents;
    if (std::count(parents.begin(), parents.end(), -1) != 1)
        throw usage_error(path.string() + ": a tree has one node without a parent, this has " +
                          std::to_string(std::count(parents.begin(), parents.end(), -1)));
    tree t;
    std::vector<index_t> queue{std::find(parents.begin(), parents.end(), -1) - parents.begin()};
    std::vector<index_t> number(parents.size(), -1);
    for (std::size_t k = 0; k < queue.size(); ++k) {
        auto const node = static_cast<std::size_t>(queue[k]);
        number[node] = t.size();
        t.names.push_back(nodes.names[node]);
        t.parents.push_back(k == 0 ? -1 : number[static_cast<std::size_t>(parents[node])]);
        queue.insert(queue.end(), nodes.children[node].begin(), nodes.children[node].end());
    }
    if (t.names.size() != parents.size()) throw usage_error(path.string() + ": some edges form a cycle");
    return t;
}

}  // namespace

tree binary_tree(index_t levels)
{
    tree t;
    for (index_t k = 0; k < (index_t{2} << levels) - 1; ++k) {
        t.parents.push_back(k == 0 ? -1 : (k - 1) / 2);
        t.names.push_back(std::to_string(k + 1));
    }
    return t;
}

tree taxonomy()
{
    struct entry {
        char const* name;
        index_t parent;
    };
    static constexpr entry entries[] = {
        {"animals", -1},     {"vertebrates", 0}, {"arthropods", 0},  {"molluscs", 0},    {"mammals", 1},
        {"birds", 1},        {"reptiles", 1},    {"fish", 1},        {"amphibians", 1},  {"insects", 2},
        {"arachnids", 2},    {"crustaceans", 2}, {"snails", 3},      {"cephalopods", 3}, {"carnivores", 4},
        {"primates", 4},     {"rodents", 4},     {"whales", 4},      {"songbirds", 5},   {"birds of prey", 5},
        {"waterfowl", 5},    {"snakes", 6},      {"lizards", 6},     {"turtles", 6},     {"salmon", 7},
        {"sharks", 7},       {"frogs", 8},       {"salamanders", 8}, {"beetles", 9},     {"butterflies", 9},
        {"bees", 9},         {"spiders", 10},    {"scorpions", 10},  {"crabs", 11},      {"shrimps", 11},
        {"octopuses", 13},   {"squids", 13},     {"cats", 14},       {"dogs", 14},       {"bears", 14},
        {"humans", 15},      {"gorillas", 15},   {"mice", 16},       {"squirrels", 16},  {"dolphins", 17},
        {"blue whales", 17}, {"sparrows", 18},   {"robins", 18},     {"eagles", 19},     {"owls", 19},
        {"ducks", 20},       {"swans", 20}};
    tree t;
    for (auto const& e : entries) {
        t.names.emplace_back(e.name);
        t.parents.push_back(e.parent);
    }
    return t;
}

tree read_edges(std::filesystem::path const& path)
{
    return ordered(read_nodes(path), path);
}

std::vector<index_t> depths(tree const& t)
{
    std::vector<index_t> d(static_cast<std::size_t>(t.size()));
    for (index_t k = 1; k < t.size(); ++k)
        d[static_cast<std::size_t>(k)] = d[static_cast<std::size_t>(t.parent(k))] + 1;
    return d;
}

hyspn::tensor<double, 2> path_lengths(tree const& t)
{
    // A node is one edge farther than its parent from everything that came before it.
    hyspn::tensor<double, 2> lengths(t.size(), t.size());
    for (index_t k = 1; k < t.size(); ++k)
        for (index_t other = 0; other < k; ++other)
            lengths(k, other) = lengths(other, k) = lengths(t.parent(k), other) + 1;
    return lengths;
}

}  // namespace embed_tree

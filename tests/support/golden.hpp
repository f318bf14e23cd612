// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <hyspn/io/safetensors.hpp>

namespace hyspn::testing {

/// Reads <name>.safetensors from the directory HYSPN_GOLDEN_DIR, by default the copy in tests/golden. That serves too,
/// and says so, where the chosen directory has no such file: files of goldens come in sets.
inline io::safetensors golden(std::string const& name)
{
    namespace fs = std::filesystem;
    char const* const chosen = std::getenv("HYSPN_GOLDEN_DIR");
    fs::path const file = name + ".safetensors", ours = HYSPN_TEST_GOLDEN_DIR / file;
    if (!chosen || !*chosen) return io::safetensors::read(ours);
    fs::path const theirs = chosen / file;
    if (!fs::is_directory(chosen) || fs::exists(theirs)) return io::safetensors::read(theirs);
    std::printf("no %s in %s: tests/golden has it\n", file.string().c_str(), chosen);
    return io::safetensors::read(ours);
}

/// Everything before the last dot of the names that end in `.suffix`: the cases of a golden file.
inline std::set<std::string> golden_cases(io::safetensors const& file, std::string const& suffix)
{
    std::set<std::string> cases;
    for (auto const& name : file.names())
        if (name.ends_with("." + suffix)) cases.insert(name.substr(0, name.size() - suffix.size() - 1));
    return cases;
}

}  // namespace hyspn::testing

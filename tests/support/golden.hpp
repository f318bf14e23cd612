// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include <hyspn/io/safetensors.hpp>

namespace hyspn::testing {

/// Reads <name>.safetensors from the directory HYSPN_GOLDEN_DIR, by default the copy in tests/golden.
inline io::safetensors golden(std::string const& name)
{
    char const* const chosen = std::getenv("HYSPN_GOLDEN_DIR");
    std::filesystem::path const folder = chosen && *chosen ? chosen : HYSPN_TEST_GOLDEN_DIR;
    return io::safetensors::read(folder / (name + ".safetensors"));
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

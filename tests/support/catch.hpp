// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// Catch2 v2 (Debian 12) and v3 behind one include.
#if __has_include(<catch2/catch.hpp>)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using namespace Catch::literals;
using Catch::Approx;
namespace Catch {
using Matchers::StartsWith;
inline auto Contains(std::string const& text)
{
    return Matchers::ContainsSubstring(text);
}
}  // namespace Catch
#endif

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The build reads the version from these three lines.
#define HYSPN_VERSION_MAJOR 0
#define HYSPN_VERSION_MINOR 1
#define HYSPN_VERSION_PATCH 0

namespace hyspn {

inline constexpr char const* version = "0.1.0";

}  // namespace hyspn

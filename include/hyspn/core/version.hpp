// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The build reads the version from these three lines.
#define HYSPN_VERSION_MAJOR 0
#define HYSPN_VERSION_MINOR 1
#define HYSPN_VERSION_PATCH 0

#define HYSPN_TEXT(x) #x
#define HYSPN_TEXT_OF(x) HYSPN_TEXT(x)  // of its value

namespace hyspn {

/// "major.minor.patch".
inline constexpr char const* version =
    HYSPN_TEXT_OF(HYSPN_VERSION_MAJOR) "." HYSPN_TEXT_OF(HYSPN_VERSION_MINOR) "." HYSPN_TEXT_OF(HYSPN_VERSION_PATCH);

}  // namespace hyspn

#undef HYSPN_TEXT_OF
#undef HYSPN_TEXT

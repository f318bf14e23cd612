// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hyspn::testing {

/// The message of the Error that f() throws; "" when it throws none. Any other exception passes through.
template <class Error, class F>
std::string thrown(F const& f)
{
    try {
        f();
    } catch (Error const& e) {
        return e.what();
    }
    return "";
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: no match(ing function)? for call to .*hyspn::view<float, 2|no matching function for call to object of type 'hyspn::view<float, 2
#include <hyspn/core/view.hpp>

float f(hyspn::view<float, 2> v)
{
#ifdef WRONG
    return v(1);
#else
    return v(1, 1);
#endif
}

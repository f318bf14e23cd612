// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// A bare number would not say whether it is c or the (negative) curvature.
// error: private|no matching function for call to
#include <hyspn/manifold/curvature.hpp>

hyspn::curvature<float> f()
{
#ifdef WRONG
    return hyspn::curvature<float>(1);
#else
    return hyspn::curvature<float>::from_c(1);
#endif
}

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: no match(ing function)? for call to .*expmap0.*same_space
#include <hyspn/manifold/poincare/expmap0.hpp>

#ifdef WRONG
using space = hyspn::memory::device;
#else
using space = hyspn::memory::host;
#endif

void f(hyspn::curvature<float> c, hyspn::view<float const, 2, space> v, hyspn::view<float, 2, space> out)
{
    hyspn::poincare::expmap0(hyspn::exec::seq{}, c, v, out);
}

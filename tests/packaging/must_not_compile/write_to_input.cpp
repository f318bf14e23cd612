// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: read-only|const-qualified type
#include <hyspn/core/tensor.hpp>

void f(hyspn::tensor<float, 1>& t)
{
#ifdef WRONG
    as_const(t)(0) = 1;
#else
    as_view(t)(0) = 1;
#endif
}

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/poincare.hpp>

int main()
{
    hyspn::tensor<double, 2> v(1, 3);
    hyspn::poincare::expmap0(hyspn::exec::seq{}, hyspn::curvature<double>::from_c(1), v, v);
}

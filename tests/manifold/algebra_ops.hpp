// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <manifold/operations.hpp>

#include <hyspn/manifold/poincare/antipode.hpp>
#include <hyspn/manifold/poincare/gyration.hpp>
#include <hyspn/manifold/poincare/mobius_coadd.hpp>
#include <hyspn/manifold/poincare/mobius_fn_apply.hpp>
#include <hyspn/manifold/poincare/mobius_pointwise_mul.hpp>
#include <hyspn/manifold/poincare/mobius_scalar_mul.hpp>
#include <hyspn/manifold/poincare/mobius_sub.hpp>
#include <hyspn/manifold/poincare/proju.hpp>

namespace hyspn::testing {

using mobius_sub = operation<hyspn::detail::poincare_mobius_sub>;
using mobius_coadd = operation<hyspn::detail::poincare_mobius_coadd>;
using mobius_cosub = operation<hyspn::detail::poincare_mobius_cosub>;
using mobius_scalar_mul = operation<hyspn::detail::poincare_mobius_scalar_mul>;
using mobius_pointwise_mul = operation<hyspn::detail::poincare_mobius_pointwise_mul>;
using gyration = operation<hyspn::detail::poincare_gyration>;
using antipode = operation<hyspn::detail::poincare_antipode>;
using proju = operation<hyspn::detail::poincare_proju>;
using apply_relu = operation<hyspn::detail::poincare_mobius_fn_apply<relu>>;
using apply_leaky_relu = operation<hyspn::detail::poincare_mobius_fn_apply<leaky_relu>>;
using apply_tanh = operation<hyspn::detail::poincare_mobius_fn_apply<hyperbolic_tangent>>;

/// The algebra of the Poincaré ball, in two lists for the compiler's sake.
using sum_ops = std::tuple<mobius_sub, mobius_coadd, mobius_cosub, gyration, antipode, proju>;
using product_ops =
    std::tuple<mobius_scalar_mul, mobius_pointwise_mul, apply_relu, apply_leaky_relu, apply_tanh>;
/// Those that know no unit of length.
using equivariant_product_ops = std::tuple<mobius_scalar_mul, mobius_pointwise_mul, apply_relu, apply_leaky_relu>;

}  // namespace hyspn::testing

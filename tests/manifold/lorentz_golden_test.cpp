// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <tuple>

#include <manifold/golden_replay.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {
namespace {

/// poincare_to_lorentz with the time part in front, as the goldens have it: out and g have one element more than x.
struct poincare_to_ambient {
    static constexpr char const* name = "poincare::to_lorentz";
    static constexpr hyspn::detail::argument inputs[] = {hyspn::detail::point("x")};
    static constexpr bool scalar_output = false;

    template <class S>
    static view<S, 1> space(view<S, 1> x)
    {
        return {x.data_handle() + x.stride(0), dims<1>{{x.extent(0) - 1}}, x.strides()};
    }

    template <class T, class X>
    static void forward(curvature<T> const& k, X x, view<T, 1> out)
    {
        poincare_to_lorentz(k, x, space(out));
        out(0) = lorentz::time(k, space(out));
    }

    template <class T, class X>
    static T vjp(curvature<T> const& k, X x, view<T const, 1> g, view<T, 1> dx)
    {
        tensor<T, 1> at(x.extent(0)), bar(x.extent(0));
        poincare_to_lorentz(k, x, as_view(at));
        T const c_bar = lorentz::time_vjp(k, as_view(at), g(0), as_view(bar));
        for (index_t i = 0; i < x.extent(0); ++i) bar(i) += g(i + 1);
        return c_bar + poincare_to_lorentz_vjp(k, x, as_view(bar), dx);
    }
};

using lorentz_golden_ops =
    std::tuple<operation<hyspn::detail::lorentz_dist>, operation<hyspn::detail::lorentz_expmap0>,
               operation<hyspn::detail::lorentz_logmap0>, operation<hyspn::detail::lorentz_to_poincare>>;
using poincare_golden_ops =
    std::tuple<operation<poincare_to_ambient>, operation<hyspn::detail::poincare_to_klein>>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("Operations of the hyperboloid and their derivatives meet the goldens", "[golden]",
                        lorentz_golden_ops)
{
    replay<TestType, float>("lorentz");
    replay<TestType, double>("lorentz");
}

TEMPLATE_LIST_TEST_CASE("Conversions of the ball and their derivatives meet the goldens", "[golden]",
                        poincare_golden_ops)
{
    replay<TestType, float>("poincare");
    replay<TestType, double>("poincare");
}

}  // namespace hyspn::testing

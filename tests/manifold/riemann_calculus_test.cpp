// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <manifold/riemann_ball.hpp>

// Riemannian gradients and Hessians by Taylor's theorem along curves.
namespace hyspn::testing {

namespace {

using vec = tensor<double, 1>;

/// f(x) = ⟨a,x⟩ + exp⟨b,x⟩, a function with derivatives of every order.
struct smooth_function {
    vec a, b;
    double operator()(vec const& x) const
    {
        return dot(as_view(a), as_view(x)) + std::exp(dot(as_view(b), as_view(x)));
    }
    vec gradient(vec const& x) const { return mix(1, a, std::exp(dot(as_view(b), as_view(x))), b); }
    vec hessian_times(vec const& x, vec const& u) const
    {
        return times(std::exp(dot(as_view(b), as_view(x))) * dot(as_view(b), as_view(u)), b);
    }
};

/// log₂ of how much a residue shrinks when the step is halved; more than its order where the leading term is small.
template <class Residue>
double slope(Residue const& residue)
{
    double const h = 2e-3;
    return std::log2(std::fabs(residue(h) / residue(h / 2)));
}

template <class Test>
void for_functions(Test const& test)
{
    point_source source(51);
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 5})
            for (double length : {0.2, 0.7}) {
                INFO("c = " << c << ", D = " << extent << ", s|x| = " << length);
                double const s = std::sqrt(c);
                smooth_function const f{source.point<double>(extent, s), source.point<double>(extent, s)};
                auto const x = source.point<double>(extent, length / s),
                           u = source.point<double>(extent, (1 - length * length) / s);
                test(riemann_ball{curvature<double>::from_c(c)}, f, x, u);
            }
}

}  // namespace

TEST_CASE("Taylor: the Riemannian gradient leaves a residue of second order along curves")
{
    for_functions([](auto const& b, auto const& f, vec const& x, vec const& u) {
        double const along = b.inner(x, b.rgrad(x, f.gradient(x)), u);
        CHECK(slope([&](double h) { return f(b.exp(x, times(h, u))) - f(x) - h * along; }) >= 1.9);
        CHECK(slope([&](double h) { return f(b.retr(x, times(h, u))) - f(x) - h * along; }) >= 1.9);
    });
}

TEST_CASE("Taylor: the Riemannian Hessian leaves a residue of third order along geodesics")
{
    for_functions([](auto const& b, auto const& f, vec const& x, vec const& u) {
        auto const e = f.gradient(x);
        double const along = b.inner(x, b.rgrad(x, e), u);
        double const bend = b.inner(x, b.rhess(x, e, f.hessian_times(x, u), u), u);
        auto const residue = [&](vec const& z, double h) { return f(z) - f(x) - h * along - h * h * bend / 2; };
        CHECK(slope([&](double h) { return residue(b.exp(x, times(h, u)), h); }) >= 2.85);
        // And along the retraction, which is of second order.
        CHECK(slope([&](double h) { return residue(b.retr(x, times(h, u)), h); }) >= 2.85);
    });
}

TEST_CASE("The Riemannian Hessian is symmetric, and the derivative of the gradient field")
{
    point_source source(53);
    for_functions([&](auto const& b, auto const& f, vec const& x, vec const& u) {
        auto const v = source.point<double>(x.extent(0), norm(as_view(u)));
        auto const hessian = [&](vec const& w) { return b.rhess(x, f.gradient(x), f.hessian_times(x, w), w); };
        auto const hu = hessian(u), hv = hessian(v);
        check_close(b.inner(x, hu, v), b.inner(x, hv, u), b.norm(x, hu) * b.norm(x, v) + b.norm(x, hv) * b.norm(x, u));
        // Gradients from either side, carried here.
        double const h = 1e-4;
        auto const carried = [&](double step) {
            auto const z = b.exp(x, times(step, u));
            return b.transport(z, x, b.rgrad(z, f.gradient(z)));
        };
        auto const difference = times(1 / (2 * h), mix(1, carried(h), -1, carried(-h)));
        check_close(difference, hu, norm(as_view(hu)) + norm(as_view(b.rgrad(x, f.gradient(x)))), 1e-6);
    });
}

}  // namespace hyspn::testing

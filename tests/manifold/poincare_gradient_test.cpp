// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <support/catch.hpp>

#include <hyspn/testing/gradient_check.hpp>

#include "poincare_ops.hpp"
#include "points.hpp"

// Every vector-Jacobian product against dual numbers and central differences of its own forward text, at points in
// general position and at the places where hand-written derivatives go wrong.
namespace hyspn::testing {
namespace {

/// An operation on flat arrays: its inputs one after the other, then c.
template <class Op>
struct flat {
    index_t extent;

    static constexpr std::size_t inputs = Op::inputs.size();
    index_t outputs() const { return Op::scalar_output ? 1 : extent; }

    template <class S>
    auto parts(S* data) const
    {
        std::array<view<S, 1>, inputs> v;
        for (std::size_t k = 0; k < inputs; ++k)
            v[k] = view<S, 1>(data + static_cast<index_t>(k) * extent, dims<1>{{extent}});
        return v;
    }

    template <class S>
    std::vector<S> operator()(std::vector<S> const& x) const
    {
        auto const c = curvature<S>::from_c(x.back());
        auto const in = parts(x.data());
        std::vector<S> y(static_cast<std::size_t>(outputs()));
        view<S, 1> const out(y.data(), dims<1>{{outputs()}});
        [&]<std::size_t... K>(std::index_sequence<K...>)
        {
            if constexpr (Op::scalar_output)
                out(0) = Op::forward(c, in[K]...);
            else
                Op::forward(c, in[K]..., out);
        }
        (std::make_index_sequence<inputs>{});
        return y;
    }

    std::vector<double> backward(std::vector<double> const& x, std::vector<double> const& dy) const
    {
        auto const c = curvature<double>::from_c(x.back());
        auto const in = parts(x.data());
        std::vector<double> dx(x.size());
        auto const grad = parts(dx.data());
        dx.back() = [&]<std::size_t... K>(std::index_sequence<K...>)
        {
            if constexpr (Op::scalar_output)
                return Op::vjp(c, in[K]..., dy[0], grad[K]...);
            else
                return Op::vjp(c, in[K]..., view<double const, 1>(dy.data(), dims<1>{{extent}}), grad[K]...);
        }
        (std::make_index_sequence<inputs>{});
        return dx;
    }
};

struct place {
    char const* name;
    double first, second;  ///< s‖x‖ and s‖y‖
    bool differences;      ///< well scaled, so that central differences say something
};

constexpr place places[] = {{"general position", 0.6, 0.4, true},
                            {"small", 1e-3, 2e-3, false},
                            {"one much the longer", 0.5, 1e-4, false},
                            {"near the boundary", 0.999, 0.3, false},
                            {"both near the boundary", 0.9999, 0.999, false},
                            {"first at zero", 0, 0.5, false},
                            {"second at zero", 0.5, 0, false},
                            {"both at zero", 0, 0, false}};

/// Inputs of Op at a place. Near the boundary a tangent vector of length 1 is a journey of hundreds; what is asked for
/// is a fraction of the way to the other side.
template <class Op>
std::vector<double> join(index_t extent, place const& at, double c, unsigned seed)
{
    point_source source(seed);
    bool const at_x = Op::inputs.size() == 2 && Op::inputs[1][0] == 'v';
    double const lengths[] = {at.first / std::sqrt(c), at.second / std::sqrt(c) * (at_x ? 1 - at.first * at.first : 1)};
    std::vector<double> x;
    for (std::size_t k = 0; k < Op::inputs.size(); ++k)
        for (double a : source.point<double>(extent, lengths[k])) x.push_back(a);
    x.push_back(c);
    return x;
}

template <class Op>
void check(std::vector<double> const& x, index_t extent, bool differences)
{
    flat<Op> const op{extent};
    auto const backward = [&](auto const& p, auto const& dy) { return op.backward(p, dy); };
    auto const adjoint = check_adjoint(op, backward, x, {.log_above = 1e-7, .floor = 1e-9});
    INFO(adjoint.log);
    CHECK(adjoint.within(1e-7));
    if (!differences) return;
    auto const slopes = check_differences(op, backward, x);
    INFO(slopes.log);
    CHECK(slopes.within(1e-7));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products are the transposes of the derivatives", "", poincare_ops)
{
    using Op = TestType;
    for (auto const& at : places)
        for (index_t extent : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5}) {
                INFO(Op::name << ", " << at.name << ", D = " << extent << ", c = " << c);
                check<Op>(join<Op>(extent, at, c, 7), extent, at.differences);
            }
}

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products hold for close and for opposite points", "", poincare_ops)
{
    using Op = TestType;
    if constexpr (Op::inputs.size() == 2) {
        for (double factor : {1.001, -1.001, -1.0}) {
            INFO(Op::name << ", y = " << factor << " x");
            auto x = join<Op>(3, places[0], 1.5, 3);
            for (std::size_t i = 0; i < 3; ++i) x[i + 3] = factor * x[i] + (factor > 0 ? 1e-4 * x[(i + 1) % 3] : 0);
            check<Op>(x, 3, false);
        }
    }
}

TEST_CASE("The gradient of a distance between coincident points is zero")
{
    point_source source(5);
    auto const x = source.point<double>(4, 0.6);
    tensor<double, 1> dx(4), dy(4);
    auto const c = curvature<double>::from_c(1);
    CHECK(poincare::dist(c, as_view(x), as_view(x)) == 0);
    CHECK(poincare::dist_vjp(c, as_view(x), as_view(x), 1.0, as_view(dx), as_view(dy)) == 0);
    for (index_t i = 0; i < 4; ++i) {
        CHECK(dx(i) == 0);
        CHECK(dy(i) == 0);
    }
}

}  // namespace hyspn::testing

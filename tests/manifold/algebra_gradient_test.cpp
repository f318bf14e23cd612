// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <vector>

#include <manifold/algebra_ops.hpp>
#include <manifold/gradient_suite.hpp>

#include <hyspn/manifold/poincare/mobius_matvec.hpp>
#include <hyspn/manifold/poincare/projx.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products of Möbius sums and gyrations", "", sum_ops)
{
    check_gradients_everywhere<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products of Möbius products", "", product_ops)
{
    check_gradients_everywhere<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products of sums hold for close and for opposite points", "", sum_ops)
{
    using Op = TestType;
    if constexpr (Op::input_count >= 2) {
        for (double factor : {1.001, -1.001, -1.0}) {
            INFO(Op::name << ", y = " << factor << " x");
            auto x = join<Op>(3, places[0], 1.5, 3);
            for (std::size_t i = 0; i < 3; ++i) x[i + 3] = factor * x[i] + (factor > 0 ? 1e-4 * x[(i + 1) % 3] : 0);
            check_gradients<Op>(x, 3, false);
        }
    }
}

TEST_CASE("The derivatives of Möbius scalar multiplication hold for every ratio")
{
    // Each side of where the formula of the cotangent of c changes, and far out.
    for (double r : {0.0, 1.0, -1.0, 0.5, 0.4999, 0.9, 1.1, 1.5, 2.0, -0.3, -0.8, 3.0, 7.0, 1e-9, -20.0})
        for (double length : {1e-4, 0.1, 0.45, 0.77, 0.97}) {
            // Far out dual numbers take 1 − tanh², which has few digits; for r = ±1 only those are left of c̄ = 0.
            if ((std::fabs(r) > 5 || std::fabs(r) == 1) && length > 0.9) continue;
            INFO("r = " << r << ", s|x| = " << length);
            place const at{"", length, 0, false};
            auto x = join<mobius_scalar_mul>(3, at, 1.7, 5);
            x[0] = r;
            check_gradients<mobius_scalar_mul>(x, 3,
                                               length > 0.05 && length < 0.9 && std::fabs(r) < 4 && std::fabs(r) != 1);
        }
}

namespace {

/// A function with f(0) ≠ 0, without the functions that avoid cancellation.
struct shifted_square {
    template <class T>
    T value(T v) const
    {
        return T(0.2) + v * v / T(8);
    }
    template <class T>
    T slope(T v) const
    {
        return v / T(4);
    }
};

}  // namespace

TEST_CASE("A function of one's own needs a value and a slope")
{
    static_assert(element_function<shifted_square, double>);
    static_assert(!element_function<int, double>);
    using apply = operation<hyspn::detail::poincare_mobius_fn_apply<shifted_square>>;
    check_gradients_everywhere<apply>();
}

namespace {

/// projx as an operation of the suites, with a margin at which there is something to see.
struct projection {
    static constexpr char const* name = "poincare::projx";
    static constexpr hyspn::detail::argument inputs[] = {hyspn::detail::point("x")};
    static constexpr bool scalar_output = false;
    static constexpr double margin = 0.45;

    template <class T, class X, class M>
    static void forward(curvature<T> const& c, X x, view<T, 1, M> out)
    {
        poincare::projx(c, x, T(margin), out);
    }
    template <class T, class X, class G, class M>
    static T vjp(curvature<T> const& c, X x, G g, view<T, 1, M> dx)
    {
        return poincare::projx_vjp(c, x, T(margin), g, dx);
    }
};

/// mobius_matvec as an operation on flat arrays: m, x, c.
struct flat_matvec {
    index_t rows, columns;

    template <class S>
    std::vector<S> operator()(std::vector<S> const& in) const
    {
        std::vector<S> out(static_cast<std::size_t>(rows));
        poincare::mobius_matvec(curvature<S>::from_c(in.back()), matrix(in.data()), point_of(in.data()),
                                view<S, 1>(out.data(), dims<1>{{rows}}));
        return out;
    }
    std::vector<double> backward(std::vector<double> const& in, std::vector<double> const& g) const
    {
        std::vector<double> d(in.size());
        d.back() = poincare::mobius_matvec_vjp(curvature<double>::from_c(in.back()), matrix(in.data()),
                                               point_of(in.data()), view<double const, 1>(g.data(), dims<1>{{rows}}),
                                               matrix(d.data()), point_of(d.data()));
        return d;
    }

private:
    template <class S>
    view<S, 2> matrix(S* data) const
    {
        return {data, dims<2>{{rows, columns}}};
    }
    template <class S>
    view<S, 1> point_of(S* data) const
    {
        return {data + rows * columns, dims<1>{{columns}}};
    }
};

}  // namespace

TEST_CASE("Vector-Jacobian products of the projection, on both sides of its edge")
{
    check_gradients_everywhere<operation<projection>>();
}

TEST_CASE("Vector-Jacobian products of matrix multiplication")
{
    for (index_t rows : {1, 2, 4})
        for (index_t columns : {1, 3, 11})
            for (double length : {0.0, 1e-3, 0.5, 0.97})
                for (double c : {0.3, 1.0, 2.5}) {
                    INFO(rows << " x " << columns << ", s|x| = " << length << ", c = " << c);
                    flat_matvec const op{rows, columns};
                    point_source source(3);
                    std::vector<double> in;
                    for (index_t i = 0; i < rows * columns; ++i) in.push_back(source.number());
                    for (double a : source.point<double>(columns, length / std::sqrt(c))) in.push_back(a);
                    in.push_back(c);
                    auto const backward = [&](auto const& p, auto const& g) { return op.backward(p, g); };
                    auto const adjoint = check_adjoint(op, backward, in, {.log_above = 1e-7, .floor = 1e-9});
                    INFO(adjoint.log);
                    CHECK(adjoint.within(1e-7));
                    if (length != 0.5) continue;
                    auto const slopes = check_differences(op, backward, in);
                    INFO(slopes.log);
                    CHECK(slopes.within(1e-7));
                }
}

}  // namespace hyspn::testing

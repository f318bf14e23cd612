// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/reference_sweep.hpp>
#include <manifold/stereographic_ops.hpp>
#include <support/catch.hpp>

namespace hyspn::testing {
namespace {

std::vector<double> const curvatures{0, 1e-12, 1e-6, 1e-3, 0.25, 1, 3.7, 100};
std::vector<index_t> const extents{1, 2, 3, 17, 64};

/// The way round a sphere ends at the antipode, where everything is badly conditioned; and the cotangent of κ is one
/// number in which terms cancel by chance.
condition_factors const sphere_factors{4, 12, 24};
/// Geodesics by way of the south have the rounding of four angles.
template <class Op>
condition_factors const factors_of = Op::name == "geodesic" ? condition_factors{12, 24, 24} : sphere_factors;

/// √κ‖x‖ up to 30: a point 0.07 from the antipode of the origin, in units of the radius.
std::vector<placement> sphere_places(double tiny, double faint)
{
    using relation = placement::relation;
    return {{"general position", 0.6, 0.3},
            {"from the origin", 0, 0.4},
            {"to the origin", 0.5, 0},
            {"at the origin", 0, 0},
            {"tiny", tiny, 1.7 * tiny},
            {"one tiny", 0.5, tiny},
            {"the other tiny", tiny, 0.5},
            {"faint", faint, 1.7 * faint},
            {"one faint", 0.5, faint},
            {"the other faint", faint, 0.5},
            {"north and south", 0.7, 3},
            {"south and north", 3, 0.7},
            {"both south", 3, 2},
            {"far south", 30, 0.4},
            {"north and far south", 0.4, 30},
            {"coincident", 0.7, 1, relation::same},
            {"coincident in the south", 5, 1, relation::same},
            {"close", 0.6, 1e-4, relation::close},
            {"close in the south", 5, 1e-3, relation::close},
            {"opposite", 0.7, 1, relation::opposite},
            {"nearly opposite", 0.7, 1.001, relation::opposite},
            {"opposite in the south", 5, 1, relation::opposite},
            {"collinear", 0.8, -0.4, relation::collinear},
            {"collinear, opposite", 0.8, 0.4, relation::collinear},
            {"subnormal", 0, 0, relation::free, true}};
}

template <class Op, class T>
void check_sphere_sweep()
{
    auto const report =
        sweep<Op, T>(std::is_same_v<T, float> ? sphere_places(1e-5, 1e-36) : sphere_places(1e-12, 1e-300), curvatures,
                     extents, factors_of<Op>, [](auto const& p) { return evaluate<Op>(p); });
    report.print(Op::full_name, sizeof(T) == 4 ? "float" : "double");
    INFO(report.failures);
    CHECK(report.failed == 0);
}

}  // namespace

TEMPLATE_TEST_CASE("Multiples and places on geodesics of every kind against 113 bits", "[reference]", float, double)
{
    using T = TestType;
    auto const check = [](auto op, std::vector<double> const& numbers) {
        using Op = decltype(op);
        sweep_report report{factors_of<Op>};
        for (double number : numbers)
            for (double kappa : {0.0, 1e-6, 0.25, 3.7})
                for (double first : {1e-3, 0.2, 0.7, 1.5, 4.0})
                    for (double second : {1e-3, 0.5, 2.0}) {
                        auto p = make_problem<Op, T>({"numbers", first, second}, 3, kappa, 31);
                        p.in[0][0] = static_cast<T>(number);
                        p.name += ", " + hyspn::detail::to_text(number);
                        report.note(p.name, compare<Op>(p, evaluate<Op>(p)));
                    }
        report.print(Op::full_name, sizeof(T) == 4 ? "float" : "double");
        INFO(report.failures);
        CHECK(report.failed == 0);
    };
    check(stereo::mobius_scalar_mul{},
          {-2.3, -1.0, -0.9999, -0.4, 0.0, 1e-3, 0.3, 0.5, 0.51, 0.75, 0.999999, 1.0, 1.000001, 1.3, 2.0});
    check(stereo::geodesic{}, {1e-4, 0.2, 0.4999, 0.5, 0.7, 0.9999});
}

TEMPLATE_LIST_TEST_CASE("Spherical and flat operations against 113 bits, float", "[reference]", stereographic_ops)
{
    check_sphere_sweep<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Spherical and flat operations against 113 bits, double", "[reference]", stereographic_ops)
{
    check_sphere_sweep<TestType, double>();
}

}  // namespace hyspn::testing

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstdio>

#include <manifold/gradient_suite.hpp>
#include <manifold/law_suite.hpp>
#include <manifold/sets_reference.hpp>
#include <manifold/wrapped_normal_ops.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>

namespace hyspn::testing {

TEST_CASE("log(sinh t / t) from 0 to where sinh overflows")
{
    double worst = 0;
    for (double t = 1e-300; t < 1e4; t = t < 1e-3 ? t * 1e3 : t * 1.01) {
        // sinh t/t = e^t (1 − e^{−2t})/(2t); near 0 the series.
        quad const q = static_cast<quad>(t), z = q * q;
        quad wanted = z / 6 - z * z / 180 + z * z * z / 2835 - z * z * z * z / 37800;
        if (t > 1e-3) {
            quad term = 1, sum = 1;  // the series of sinh t/t, all terms positive
            for (int k = 1; k < 400; ++k) sum += (term *= z / ((2 * k) * (2 * k + 1)));
            wanted = t < 100 ? log(sum) : q - log(2 * q);
        }
        double const error = error_in_eps<double>({static_cast<quad>(log_sinhc(t))}, {wanted});
        INFO("t = " << t);
        if (t > 1e-150) CHECK(error <= 8);
        worst = std::max(worst, t > 1e-150 ? error : 0);
        auto const narrow = log_sinhc(static_cast<float>(t));
        if (t > 1e-18)
            CHECK(error_in_eps<float>({static_cast<quad>(narrow)},
                                      {static_cast<quad>(log_sinhc(static_cast<double>(static_cast<float>(t))))}) <= 8);
    }
    CHECK(log_sinhc(0.0) == 0);
    CHECK(log_sinhc(1e4f) == Approx(1e4 - std::log(2e4)));
    std::printf("log_sinhc: worst error %.1f eps\n", worst);
}

namespace {

double density(curvature<double> const& c, double x, double y, tensor<double, 1> const& mean,
               tensor<double, 1> const& scale)
{
    tensor<double, 1> p(2);
    p(0) = x;
    p(1) = y;
    return std::exp(poincare::wrapped_normal_log_density(c, as_view(p), as_view(mean), as_view(scale)));
}

/// ∫ density·inside dV by the midpoint rule in geodesic polar coordinates at the origin.
template <class Inside>
double probability(curvature<double> const& c, tensor<double, 1> const& mean, tensor<double, 1> const& scale,
                   double farthest, Inside const& inside)
{
    int const rings = 900, rays = 720;
    double sum = 0;
    double const s = c.sqrt_c(), step = farthest / rings, turn = 6.283185307179586 / rays;
    for (int i = 0; i < rings; ++i) {
        double const r = (i + 0.5) * step, rho = std::tanh(s * r / 2) / s;
        for (int j = 0; j < rays; ++j) {
            double const phi = (j + 0.5) * turn, x = rho * std::cos(phi), y = rho * std::sin(phi);
            if (inside(r, phi)) sum += density(c, x, y, mean, scale) * std::sinh(s * r) / s * step * turn;
        }
    }
    return sum;
}

}  // namespace

TEST_CASE("The wrapped normal's density integrates to 1, and its samples follow it")
{
    for (double curvature_c : {0.3, 2.5}) {
        auto const c = curvature<double>::from_c(curvature_c);
        double const s = c.sqrt_c();
        tensor<double, 1> mean(2), scale(2);
        mean(0) = 0.5 / s;
        mean(1) = -0.2 / s;
        scale(0) = 0.9 / s;
        scale(1) = 0.5 / s;
        double const farthest = 9 / s;
        INFO("c = " << curvature_c);
        CHECK(probability(c, mean, scale, farthest, [](double, double) { return true; }) == Approx(1).margin(1e-5));

        // A histogram over two rings times six sectors about the origin.
        index_t const n = 100000;
        tensor<double, 2> noise(n, 2), out(n, 2);
        view<double const, 2> const means(mean.data(), dims<2>{{n, 2}}, dims<2>{{0, 1}}),
            scales(scale.data(), dims<2>{{n, 2}}, dims<2>{{0, 1}});
        poincare::sample_wrapped_normal(exec::omp{}, c, means, scales, 42, noise, out);
        for (int ring : {0, 1})
            for (int sector = 0; sector < 6; ++sector) {
                auto const inside = [&](double r, double phi) {
                    return (r > 1 / s) == (ring == 1) && static_cast<int>(phi / 6.283185307179586 * 6) == sector;
                };
                double const wanted = probability(c, mean, scale, farthest, inside);
                index_t hits = 0;
                for (index_t k = 0; k < n; ++k) {
                    double phi = std::atan2(out(k, 1), out(k, 0));
                    if (phi < 0) phi += 6.283185307179586;
                    hits += inside(poincare::dist0(c, as_view(out)[k]), phi);
                }
                double const got = static_cast<double>(hits) / static_cast<double>(n);
                INFO("ring " << ring << ", sector " << sector << ": " << got << ", wanted " << wanted);
                CHECK(std::fabs(got - wanted) <= 4.5 * std::sqrt(wanted / static_cast<double>(n)) + 2e-4);
            }
    }
}

TEST_CASE("A sample lies as far from its mean as its normal vector is long")
{
    point_source source(3);
    for (double c_ : {0.3, 1.0, 4.0}) {
        auto const c = curvature<double>::from_c(c_);
        auto const mean = source.point<double>(3, 0.7 / std::sqrt(c_)), scale = source.point<double>(3, 0.8),
                   noise = source.point<double>(3, 2);
        tensor<double, 1> z(3);
        poincare::wrapped_normal(c, as_view(mean), as_view(scale), as_view(noise), as_view(z));
        double square = 0;
        for (index_t i = 0; i < 3; ++i) square += scale(i) * noise(i) * scale(i) * noise(i);
        CHECK(poincare::dist(c, as_view(mean), as_view(z)) == Approx(std::sqrt(square)).epsilon(1e-13));
        // and the density takes it back: log p + log det = the normal density of the vector.
        double wanted = -1.5 * std::log(6.283185307179586) - 2 * log_sinhc(std::sqrt(c_ * square));
        for (index_t i = 0; i < 3; ++i) wanted -= noise(i) * noise(i) / 2 + std::log(std::fabs(scale(i)));
        CHECK(poincare::wrapped_normal_log_density(c, as_view(z), as_view(mean), as_view(scale)) ==
              Approx(wanted).epsilon(1e-12));
    }
}

TEST_CASE("Sampling gives the same points for any number of threads")
{
    auto const c = curvature<float>::from_c(0.7f);
    tensor<float, 2> mean(3000, 3), scale(3000, 3), noise(3000, 3), a(3000, 3), b(3000, 3);
    for (float& x : scale) x = 0.5f;
    poincare::sample_wrapped_normal(exec::seq{}, c, mean, scale, 7, noise, a);
    poincare::sample_wrapped_normal(exec::omp{.threads = 3}, c, mean, scale, 7, noise, b);
    for (index_t i = 0; i < a.size(); ++i) CHECK(a.data()[i] == Approx(b.data()[i]));
    poincare::sample_wrapped_normal(exec::seq{}, c, mean, scale, 8, noise, b);
    index_t same = 0;
    for (index_t i = 0; i < a.size(); ++i) same += a.data()[i] == b.data()[i];
    CHECK(same < 5);
}

TEST_CASE("Wrapped normal: vector-Jacobian products of samples")
{
    check_gradients_everywhere<wrapped_normal>();
}

TEST_CASE("Wrapped normal: vector-Jacobian products of the log density")
{
    for (auto const& at : places)
        for (index_t extent : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5}) {
                if (at.second == 0 && at.first == 0) continue;
                auto x = join<log_density>(extent, at, c, 7);
                for (index_t i = 0; i < extent; ++i)
                    x[static_cast<std::size_t>(2 * extent + i)] = 0.4 + 0.1 * static_cast<double>(i);
                INFO(at.name << ", D = " << extent << ", c = " << c);
                check_gradients<log_density>(x, extent, at.differences);
                // A point at its mean.
                for (index_t i = 0; i < extent; ++i)
                    x[static_cast<std::size_t>(i)] = x[static_cast<std::size_t>(extent + i)];
                check_gradients<log_density>(x, extent, false);
            }
}

TEST_CASE("Wrapped normal: laws")
{
    check_power_of_two_scaling<wrapped_normal, float>();
    check_power_of_two_scaling<wrapped_normal, double>();
    check_euler<wrapped_normal>();
    // Densities have degree −D: Σ⟨input, cotangent⟩ − 2c·c̄ = −D g.
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 9})
            for (double length : {1e-6, 0.05, 0.6, 0.95}) {
                sample<log_density, double> a(extent, length, c, 41);
                for (double& e : a.in[2]) e = 0.3 + std::fabs(e);
                a.evaluate();
                double sum = -2 * c * a.c_bar + static_cast<double>(extent) * a.g(0), size = std::fabs(sum);
                for (std::size_t k = 0; k < 3; ++k)
                    for (index_t i = 0; i < extent; ++i) {
                        sum += a.in[k](i) * a.grad[k](i);
                        size += std::fabs(a.in[k](i) * a.grad[k](i));
                    }
                INFO("c = " << c << ", D = " << extent << ", s|x| = " << length);
                CHECK(std::fabs(sum) <= 1e-13 * size / (1 - length * length) / (1 - length * length));
            }
}

TEST_CASE("The log density is finite at the mean and far away")
{
    auto const c = curvature<float>::from_c(1.3f);
    float const edge = std::nextafter(1 / std::sqrt(1.3f), 0.0f) * (1 - 1e-7f);
    sample<log_density, float> a(3, 0.3, 1.3, 4);
    for (float& e : a.in[2]) e = 0.2f;
    a.in[1] = a.in[0];
    a.evaluate();
    CHECK(a.out(0) == Approx(-1.5 * std::log(6.283185307179586) - 3 * std::log(0.2)));
    for (index_t i = 0; i < 3; ++i) CHECK(a.grad[0](i) == 0);
    for (index_t i = 0; i < 3; ++i) a.in[0](i) = i == 0 ? edge : 0, a.in[1](i) = i == 0 ? -edge : 0;
    a.evaluate();
    CHECK(std::isfinite(a.out(0)));
    CHECK(a.out(0) < -1000);
    for (auto const& g : a.grad)
        for (float e : g) CHECK(std::isfinite(e));
    CHECK(std::isfinite(a.c_bar));
    (void)c;
}

namespace {

/// The log density with 113 bits, without its constant; weights are the scales, points the point and the mean.
quad_point exact_log_density(quad_set const& set)
{
    auto minus = set.points[1];
    for (quad& a : minus) a = -a;
    auto const u = set.add(minus, set.points[0]);
    quad const length = root(dot(u, u)), r = set.dist(set.points[0], set.points[1]), t = root(set.c) * r;
    quad term = 1, sum = 1;
    for (int k = 1; k < 120; ++k) sum += (term *= t * t / ((2 * k) * (2 * k + 1)));
    quad value = -(static_cast<quad>(u.size()) - 1) * log(sum);
    for (std::size_t i = 0; i < u.size(); ++i) {
        quad const v = length > 0 ? r * u[i] / length / set.weights[i] : 0;
        value -= v * v / 2 + log(set.weights[i] < 0 ? -set.weights[i] : set.weights[i]);
    }
    return {value};
}

}  // namespace

TEMPLATE_TEST_CASE("Wrapped normal: the log density and its cotangents against 113 bits", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst = 0;
    std::array<double, 3> worst_vjp{}, worst_share{};
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 2, 5})
            for (double edge : {1.0, 0.3, narrow ? 1e-3 : 1e-5})
                for (double apart : {1e-3, 0.3, 3.0}) {
                    random_set<T> pair(2, d, c, 1 - edge, apart, 6);
                    sample<log_density, T> a(d, 0.5, c, 4);
                    quad_set exact = pair.exact();
                    exact.weights.clear();
                    for (index_t i = 0; i < d; ++i) {
                        a.in[0](i) = pair.points(0, i);
                        a.in[1](i) = pair.points(1, i);
                        a.in[2](i) = static_cast<T>((0.5 + 0.2 * static_cast<double>(i)) / std::sqrt(c));
                        exact.weights.push_back(static_cast<quad>(a.in[2](i)));
                    }
                    a.evaluate();
                    INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", apart " << apart);
                    quad const constant = static_cast<quad>(d) * quad(0.91893853320467274178L);
                    quad const wanted = exact_log_density(exact)[0] - constant;
                    // A sum of several terms of either sign: an absolute error, of round-offs of 1 or of the value.
                    double const size = std::max(1.0, std::fabs(static_cast<double>(wanted)));
                    double const error = std::fabs(static_cast<double>(static_cast<quad>(a.out(0)) - wanted)) / size /
                                         static_cast<double>(math_traits<T>::unit_roundoff);
                    CHECK(error <= 16);
                    worst = std::max(worst, error);
                    quad_point const g = exactly(a.g);
                    auto const cotangents = [&](quad_set const& s) { return differences(s, g, exact_log_density); };
                    auto const v = cotangents(exact);
                    pair.weights = a.in[2];
                    auto const cond = pair.condition(v, cotangents);
                    quad_point points = exactly(a.grad[0]);
                    for (T e : a.grad[1]) points.push_back(static_cast<quad>(e));
                    double const errors[] = {error_in_eps<T>(exactly(a.grad[2]), v.weights),
                                             error_in_eps<T>(points, v.points),
                                             error_in_eps<T>({static_cast<quad>(a.c_bar)}, {v.c})};
                    for (std::size_t n = 0; n < 3; ++n) {
                        INFO("scale, points, c: " << n << ", condition " << cond[n]);
                        CHECK(errors[n] <= std::max(128.0, 4 * cond[n]));
                        if (errors[n] <= 128) worst_vjp[n] = std::max(worst_vjp[n], errors[n]);
                        worst_share[n] = std::max(worst_share[n], errors[n] / std::max(128.0, 4 * cond[n]));
                    }
                }
    std::printf(
        "log_density %s: value %.1f eps; cotangents of scale %.1f, points %.1f, c %.1f eps; share of the bound "
        "%.2f %.2f %.2f\n",
        narrow ? "float " : "double", worst, worst_vjp[0], worst_vjp[1], worst_vjp[2], worst_share[0], worst_share[1],
        worst_share[2]);
}

namespace {

/// A sample with 113 bits; weights are the scales, points the mean and the noise.
quad_point exact_sample(quad_set const& set)
{
    quad_point v = set.points[1];
    for (std::size_t i = 0; i < v.size(); ++i) v[i] *= set.weights[i];
    quad const theta = root(set.c * dot(v, v)) / 2, z = theta * theta;
    quad term = 1, sinhc = 1;
    for (int k = 1; k < 60; ++k) sinhc += (term *= z / ((2 * k) * (2 * k + 1)));
    quad const sinh = theta * sinhc, tanhc = sinhc / root(1 + sinh * sinh);
    for (quad& a : v) a *= tanhc / 2;
    return set.add(set.points[0], v);
}

}  // namespace

TEMPLATE_TEST_CASE("Wrapped normal: samples and their cotangents against 113 bits", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst = 0;
    std::array<double, 3> worst_vjp{}, worst_share{};
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 2, 5})
            for (double edge : {1.0, 0.3, narrow ? 1e-3 : 1e-5})
                for (double spread : {1e-3, 0.3, 2.0}) {
                    sample<wrapped_normal, T> a(d, 0.5, c, 4);
                    point_source source(7);
                    a.in[0] = source.point<T>(d, (1 - edge) / std::sqrt(c));
                    random_set<T> set(2, d, c, 0.5, 1, 6);
                    set.weights = tensor<T, 1>(d);
                    for (index_t i = 0; i < d; ++i) {
                        a.in[1](i) = static_cast<T>(spread / std::sqrt(c) * (1 + 0.3 * source.number()));
                        a.in[2](i) = static_cast<T>(1 + 0.9 * source.number());
                        set.weights(i) = a.in[1](i);
                    }
                    copy(as_const(as_view(a.in[0])), as_view(set.points)[0]);
                    copy(as_const(as_view(a.in[2])), as_view(set.points)[1]);
                    a.evaluate();
                    INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread);
                    double const error = error_in_eps<T>(exactly(a.out), exact_sample(set.exact()));
                    CHECK(error <= 16);
                    worst = std::max(worst, error);
                    // Steps of differences are in units of the ball; the noise may lie outside it.
                    auto const cotangents = [&](quad_set s) {
                        s.points[1].swap(s.weights);
                        auto const swapped = [](quad_set q) {
                            q.points[1].swap(q.weights);
                            return exact_sample(q);
                        };
                        return differences(s, exactly(a.g), swapped);
                    };
                    auto const v = cotangents(set.exact());
                    auto const cond = set.condition(v, cotangents);
                    quad_point points = exactly(a.grad[0]);
                    for (T e : a.grad[1]) points.push_back(static_cast<quad>(e));
                    double const errors[] = {error_in_eps<T>(exactly(a.grad[2]), v.weights),
                                             error_in_eps<T>(points, v.points),
                                             error_in_eps<T>({static_cast<quad>(a.c_bar)}, {v.c})};
                    for (std::size_t n = 0; n < 3; ++n) {
                        INFO("noise, mean and scale, c: " << n << ", condition " << cond[n]);
                        CHECK(errors[n] <= (n == 2 ? std::max(128.0, 4 * cond[n]) : 128));
                        if (errors[n] <= 128) worst_vjp[n] = std::max(worst_vjp[n], errors[n]);
                        worst_share[n] = std::max(worst_share[n], errors[n] / std::max(128.0, 4 * cond[n]));
                    }
                }
    std::printf(
        "wrapped_normal %s: value %.1f eps; cotangents of noise %.1f, mean and scale %.1f, c %.1f eps; share of "
        "the bound %.2f %.2f %.2f\n",
        narrow ? "float " : "double", worst, worst_vjp[0], worst_vjp[1], worst_vjp[2], worst_share[0], worst_share[1],
        worst_share[2]);
}

}  // namespace hyspn::testing

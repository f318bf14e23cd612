// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <tuple>
#include <utility>

#include <hyspn/manifold/poincare.hpp>

/// The operations of the Poincaré ball as types, so that one test body serves all of them. forward and vjp stand for
/// the public functions, batched and for one vector alike.
namespace hyspn::testing {

struct lambda_x {
    static constexpr char const* name = "lambda_x";
    static constexpr std::array inputs = {"x"};
    static constexpr bool scalar_output = true;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::lambda_x(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::lambda_x_vjp(std::forward<A>(a)...);
    }
};

struct dist0 {
    static constexpr char const* name = "dist0";
    static constexpr std::array inputs = {"x"};
    static constexpr bool scalar_output = true;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::dist0(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::dist0_vjp(std::forward<A>(a)...);
    }
};

struct dist {
    static constexpr char const* name = "dist";
    static constexpr std::array inputs = {"x", "y"};
    static constexpr bool scalar_output = true;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::dist(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::dist_vjp(std::forward<A>(a)...);
    }
};

struct expmap0 {
    static constexpr char const* name = "expmap0";
    static constexpr std::array inputs = {"v"};
    static constexpr bool scalar_output = false;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::expmap0(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::expmap0_vjp(std::forward<A>(a)...);
    }
};

struct logmap0 {
    static constexpr char const* name = "logmap0";
    static constexpr std::array inputs = {"x"};
    static constexpr bool scalar_output = false;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::logmap0(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::logmap0_vjp(std::forward<A>(a)...);
    }
};

struct mobius_add {
    static constexpr char const* name = "mobius_add";
    static constexpr std::array inputs = {"x", "y"};
    static constexpr bool scalar_output = false;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::mobius_add(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::mobius_add_vjp(std::forward<A>(a)...);
    }
};

struct expmap {
    static constexpr char const* name = "expmap";
    static constexpr std::array inputs = {"x", "v"};
    static constexpr bool scalar_output = false;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::expmap(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::expmap_vjp(std::forward<A>(a)...);
    }
};

struct logmap {
    static constexpr char const* name = "logmap";
    static constexpr std::array inputs = {"x", "y"};
    static constexpr bool scalar_output = false;
    template <class... A>
    static auto forward(A&&... a)
    {
        return poincare::logmap(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return poincare::logmap_vjp(std::forward<A>(a)...);
    }
};

using poincare_ops = std::tuple<lambda_x, dist0, dist, expmap0, logmap0, mobius_add, expmap, logmap>;

}  // namespace hyspn::testing

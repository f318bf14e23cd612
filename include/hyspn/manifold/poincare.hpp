// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/expmap.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/lambda_x.hpp>
#include <hyspn/manifold/poincare/logmap.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

/// \file
/// The Poincaré ball: points x of R^D with c‖x‖² < 1.

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/stereographic/dist.hpp>
#include <hyspn/manifold/stereographic/dist0.hpp>
#include <hyspn/manifold/stereographic/expmap.hpp>
#include <hyspn/manifold/stereographic/expmap0.hpp>
#include <hyspn/manifold/stereographic/lambda_x.hpp>
#include <hyspn/manifold/stereographic/logmap.hpp>
#include <hyspn/manifold/stereographic/logmap0.hpp>
#include <hyspn/manifold/stereographic/mobius_add.hpp>

// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// The stages of all networks.

#include <hyspn/pipeline/stages/depth_integration.hpp>
#include <hyspn/pipeline/stages/diffusion.hpp>
#include <hyspn/pipeline/stages/difnet.hpp>
#include <hyspn/pipeline/stages/mixture.hpp>
#include <hyspn/pipeline/stages/penet_dilated.hpp>
#include <hyspn/pipeline/stages/rings.hpp>
#include <hyspn/pipeline/stages/sampled.hpp>
#include <hyspn/pipeline/stages/scan.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>
#include <hyspn/pipeline/stages/tree_filter.hpp>
#include <hyspn/pipeline/stages/walks.hpp>

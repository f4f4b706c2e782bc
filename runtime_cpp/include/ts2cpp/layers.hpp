// The parameter groups of common layers: what a translated module holds.
#pragma once

#include <ts2cpp/tensor.hpp>

namespace ts2cpp {

/// A weight alone: embeddings, layers without a bias.
struct Weight {
  Tensor weight;
};

/// A weight and a bias: linear layers, convolutions, normalisations over features.
struct Affine {
  Tensor weight;
  Tensor bias;
};

/// A batch normalisation that was not folded into its convolution.
struct Norm {
  Tensor weight;
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
};

}  // namespace ts2cpp

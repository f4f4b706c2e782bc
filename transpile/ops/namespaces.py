"""Where torch offers an operator that takes tensors: as ``torch.name``, as a method of ``Tensor``, under ``torch._C._nn``.

Most are functions and methods both; the names below are not.
"""

from __future__ import annotations

_METHODS = frozenset((
    "absolute_ add_ addbmm_ addcdiv_ addcmul_ addmm_ addr_ arctan2_ atan2_ backward baddbmm_ bernoulli_ "
    "bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_ bitwise_right_shift_ bitwise_xor_ cauchy_ "
    "contiguous copy_ copysign_ cumprod_ cumsum_ data digamma_ dim div_ divide_ element_size eq_ erfinv_ expand "
    "expand_as exponential_ fill_diagonal_ float_power_ floor_divide_ fmod_ ge_ geometric_ greater_ "
    "greater_equal_ gt_ heaviside_ hypot_ igamma_ igammac_ index index_add_ index_copy_ index_fill_ index_reduce_ "
    "is_contiguous is_leaf item le_ lerp_ less_ less_equal_ lgamma_ log_normal_ logical_and_ logical_not_ "
    "logical_or_ logical_xor_ lt_ mH mT masked_fill_ masked_scatter_ mul_ multiply_ mvlgamma_ ne_ new_empty "
    "new_full new_ones new_zeros nextafter_ normal_ not_equal_ numpy_T polygamma_ pow_ put_ random_ remainder_ "
    "renorm_ repeat requires_grad_ reshape_as resize_ retain_grad scatter_ scatter_add_ "
    "scatter_reduce_ set_ sgn_ sign_ size slice squeeze_ storage_offset stride sub_ subtract_ sum_to_size "
    "swapaxes_ swapdims_ t_ to to_dense transpose_ tril_ triu_ true_divide_ type_as unfold uniform_ unsqueeze_ "
    "values view view_as"
).split())  # fmt: skip
_FUNCTIONS = frozenset((
    "_histogramdd_bin_edges _histogramdd_from_bin_cts _histogramdd_from_bin_tensors gradient histogramdd nuclear_norm "
    "_cdist_forward _embedding_bag _embedding_bag_forward_only _pack_padded_sequence _pad_packed_sequence "
    "_pdist_forward _sample_dirichlet _standard_gamma adaptive_avg_pool1d adaptive_max_pool1d alpha_dropout "
    "alpha_dropout_ avg_pool1d binary_cross_entropy_with_logits binomial bucketize cdist celu celu_ "
    "channel_shuffle combinations complex constant_pad_nd conv_tbc dropout dropout_ embedding_bag "
    "embedding_renorm_ empty_like feature_alpha_dropout feature_alpha_dropout_ feature_dropout feature_dropout_ "
    "fill full_like hinge_embedding_loss kl_div max_pool1d max_pool1d_with_indices max_pool2d max_pool3d "
    "native_dropout normal ones_like pdist pixel_shuffle pixel_unshuffle poisson polar rand_like randint_like "
    "randn_like rrelu rrelu_ rsub segment_reduce selu selu_ std_mean tensordot threshold threshold_ var_mean "
    "view_as_complex view_as_real zeros_like alias_copy as_strided_copy detach_copy diagonal_copy expand_copy "
    "fake_quantize_per_channel_affine fake_quantize_per_tensor_affine permute_copy select_copy slice_copy split_copy "
    "split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_as_complex_copy "
    "view_as_real_copy view_copy"
).split())  # fmt: skip
_NN = frozenset((
    "_upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_nearest_exact1d _upsample_nearest_exact2d "
    "_upsample_nearest_exact3d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d "
    "avg_pool2d avg_pool3d binary_cross_entropy col2im cross_entropy_loss elu elu_ fractional_max_pool2d "
    "fractional_max_pool3d gelu gelu_ glu hardsigmoid hardsigmoid_ hardswish hardswish_ hardtanh hardtanh_ huber_loss "
    "im2col l1_loss leaky_relu leaky_relu_ linear log_sigmoid max_pool2d_with_indices max_pool3d_with_indices "
    "max_unpool2d max_unpool3d mish mish_ mse_loss multi_margin_loss multilabel_margin_loss nll_loss nll_loss2d "
    "nll_loss_nd one_hot pad pad_sequence reflection_pad1d reflection_pad2d reflection_pad3d relu6 relu6_ "
    "replication_pad1d replication_pad2d replication_pad3d rrelu_with_noise rrelu_with_noise_ "
    "scaled_dot_product_attention silu silu_ smooth_l1_loss soft_margin_loss softplus softshrink upsample_bicubic2d "
    "upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d "
    "upsample_trilinear3d"
).split())  # fmt: skip

# Known by ``torch.ops.aten`` alone.
_OPERATORS = frozenset((
    "cauchy exponential geometric log_normal normal_functional random rrelu_with_noise_functional uniform"
).split())  # fmt: skip


def offered_in(name: str) -> tuple[str, ...]:
    """``torch``, ``Tensor``, both, neither or ``torch._C._nn`` for the plain name of an operator."""
    if name in _NN:
        return ("torch._C._nn",)
    if name in _OPERATORS or name.startswith(("fft_", "linalg_", "special_")):
        return ()  # the latter are in a module of their own
    if name in _METHODS:
        return ("Tensor",)
    return ("torch",) if name in _FUNCTIONS else ("torch", "Tensor")

"""Which functional overloads have one that writes its results into tensors given as ``out``, and what those are called.

Recorded from PyTorch 2.13: every such overload of an operator on dense CPU tensors, but for those that fill lists of tensors.
``ops/out_overloads.py`` makes the operators.
"""

from __future__ import annotations

# ``Tensor>Tensor_out``: the overload ``Tensor`` and its counterpart ``Tensor_out``, with the names of the tensors that are
# written in parentheses if they are not just ``out``; ``default`` is the overload without a name.  The sign says which
# dtypes a tensor that is written may have:
#   >  any that the result can be cast to,
#   =  that of the result only,
#   !  that of the result only, with the error of the unary operators,
#   <  any: the result is computed in it.
GROUPS = (
    (
        "default=out",
        "_adaptive_avg_pool2d _adaptive_avg_pool3d _addmm_activation _cdist_forward _cholesky_solve_helper _conj_copy "
        "_conj_physical _convolution _euclidean_dist _grid_sampler_2d_cpu_fallback "
        "_histogramdd_from_bin_cts _histogramdd_from_bin_tensors _log_softmax _masked_softmax _neg_view_copy "
        "_nested_tensor_from_mask _pdist_forward _reshape_alias_copy _sample_dirichlet _softmax "
        "_standard_gamma _to_copy _transformer_encoder_layer_fwd _trilinear _unsafe_view "
        "_upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d _upsample_nearest_exact3d adaptive_avg_pool1d adaptive_avg_pool2d "
        "adaptive_avg_pool3d addbmm addmv affine_grid_generator alias_copy amax amin argmax argmin as_strided_copy "
        "as_strided_scatter avg_pool1d avg_pool2d avg_pool3d binary_cross_entropy_with_logits bincount binomial "
        "block_diag cauchy celu channel_shuffle clone col2im complex constant_pad_nd conv_tbc convolution copy cross "
        "detach_copy diag diag_embed diagonal_copy diagonal_scatter diff dist dot embedding embedding_renorm "
        "expand_copy exponential flip gather geometric grid_sampler_2d grid_sampler_3d histc index_add index_copy "
        "index_put index_reduce index_select isinf isnan lift_fresh_copy linalg_cholesky linalg_cross linalg_det "
        "linalg_eigvalsh linalg_inv linalg_ldl_solve linalg_lu_solve linalg_matmul linalg_matrix_exp "
        "linalg_matrix_power linalg_multi_dot linalg_solve linalg_solve_triangular linalg_svdvals linalg_vecdot "
        "linalg_vector_norm linear log_normal log_sigmoid logcumsumexp lu_solve masked_scatter masked_select matmul "
        "matrix_power max_unpool2d max_unpool3d msort multi_margin_loss multilabel_margin_loss multinomial mv "
        "nan_to_num narrow_copy nll_loss nll_loss2d nonzero nonzero_static orgqr ormqr permute_copy pixel_shuffle "
        "pixel_unshuffle poisson polar put reflection_pad1d reflection_pad2d reflection_pad3d relu renorm repeat "
        "replication_pad1d replication_pad2d replication_pad3d roll rot90 scatter_add segment_reduce select_scatter "
        "slice_scatter slow_conv_dilated2d slow_conv_dilated3d slow_conv_transpose2d "
        "t_copy take take_along_dim to_padded_tensor trace "
        "tril triu unfold_copy uniform unsqueeze_copy upsample_bicubic2d upsample_linear1d upsample_nearest1d "
        "upsample_nearest3d upsample_trilinear3d vdot view_as_complex_copy view_as_real_copy zero",
    ),
    (
        "default>out",
        "_chunk_cat _conv_depthwise2d _fft_c2c _fft_c2r _fft_r2c _logcumsumexp _stack absolute acos acosh addcdiv "
        "addcmul addr angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cat "
        "chain_matmul cholesky cholesky_inverse cholesky_solve column_stack concat concatenate cos cosh deg2rad "
        "digamma dstack erf erfc erfinv exp exp2 expm1 fft_fft fft_fft2 fft_fftfreq fft_fftn fft_hfft fft_hfft2 "
        "fft_hfftn fft_ifft fft_ifft2 fft_ifftn fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn "
        "fft_rfft fft_rfft2 fft_rfftfreq fft_rfftn fix fmax fmin gcd ger glu heaviside hstack huber_loss hypot i0 "
        "igamma igammac inner inverse isneginf isposinf kron lcm lgamma linalg_eigvals linalg_householder_product "
        "linalg_tensorinv linalg_tensorsolve log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not "
        "logical_or logical_xor logit logsumexp maximum minimum mse_loss mvlgamma negative nextafter outer polygamma "
        "rad2deg reciprocal row_stack rsqrt sigmoid signbit sin sinc sinh slow_conv3d slow_conv_transpose3d "
        "smooth_l1_loss special_airy_ai special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1 "
        "special_digamma special_entr special_erf special_erfc special_erfcx special_erfinv special_exp2 "
        "special_expit special_expm1 special_gammainc special_gammaincc special_gammaln special_i0 special_i0e "
        "special_i1 special_i1e special_log1p special_log_ndtr special_logit special_logsumexp "
        "special_modified_bessel_i0 special_modified_bessel_i1 special_modified_bessel_k0 special_modified_bessel_k1 "
        "special_multigammaln special_ndtr special_ndtri special_polygamma special_psi "
        "special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1 special_sinc special_spherical_bessel_j0 "
        "sqrt square stack tan tanh tensordot threshold vstack",
    ),
    (
        "default!out",
        "abs binary_cross_entropy bitwise_not ceil conj_physical elu floor frac gelu hardshrink hardsigmoid hardswish "
        "hardtanh leaky_relu mish neg sgn sign silu soft_margin_loss softplus softshrink special_round trunc",
    ),
    (
        "default<out",
        "_efficientzerotensor cumprod cumsum empty_like empty_permuted empty_strided full full_like im2col nanmean "
        "nansum new_empty new_empty_strided new_full new_ones new_zeros ones ones_like scalar_tensor tril_indices "
        "triu_indices zeros zeros_like",
    ),
    (
        "Scalar>Scalar_out Tensor>Tensor_out",
        "eq ge greater greater_equal gt le lerp less less_equal lt ne not_equal",
    ),
    (
        "default>out x_scalar>x_scalar_out n_scalar>n_scalar_out",
        "special_chebyshev_polynomial_t special_chebyshev_polynomial_u special_chebyshev_polynomial_v "
        "special_chebyshev_polynomial_w special_hermite_polynomial_h special_hermite_polynomial_he "
        "special_laguerre_polynomial_l special_legendre_polynomial_p special_shifted_chebyshev_polynomial_t "
        "special_shifted_chebyshev_polynomial_u special_shifted_chebyshev_polynomial_v "
        "special_shifted_chebyshev_polynomial_w",
    ),
    (
        "default=out(out0,out1)",
        "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams _native_multi_head_attention _pack_padded_sequence "
        "_unique _weight_norm_interface fake_quantize_per_channel_affine_cachemask "
        "fake_quantize_per_tensor_affine_cachemask native_dropout",
    ),
    (
        "default=out(out0,out1,out2)",
        "_native_batch_norm_legit_no_training _transform_bias_rescale_qkv _unique2 native_group_norm "
        "native_layer_norm unique_consecutive unique_dim unique_dim_consecutive",
    ),
    (
        "default=out dtype=dtype_out",
        "addmm baddbmm bmm mm view_copy",
    ),
    (
        "default<out generator<generator_out",
        "rand rand_like randn randn_like randperm",
    ),
    (
        "Scalar=Scalar_out Tensor=Tensor_out",
        "__lshift__ __rshift__ fill masked_fill",
    ),
    (
        "Tensor>out Scalar=Scalar_out",
        "_add_relu add mul sub",
    ),
    (
        "default=out(out,indices)",
        "adaptive_max_pool2d adaptive_max_pool3d max_pool2d_with_indices max_pool3d_with_indices",
    ),
    (
        "Tensor>Tensor_out Scalar>Scalar_out Scalar_Tensor=Scalar_Tensor_out",
        "bitwise_and bitwise_or bitwise_xor remainder",
    ),
    (
        "default>out Tensor>Tensor_out",
        "clamp clamp_max clamp_min clip",
    ),
    (
        "Tensor>out",
        "ldexp multiply subtract true_divide",
    ),
    (
        "int=int_out",
        "log_softmax select_copy softmax transpose_copy",
    ),
    (
        "default=out(out0,out1,out2,out3)",
        "_batch_norm_no_update _embedding_bag _embedding_bag_forward_only",
    ),
    (
        "default=out periodic=periodic_out",
        "bartlett_window blackman_window hann_window",
    ),
    (
        "Tensor=Tensor_out Scalar=Scalar_out",
        "bucketize rsub searchsorted",
    ),
    (
        "default=values(values,indices)",
        "kthvalue mode topk",
    ),
    (
        "default>out self_scalar>self_scalar_out other_scalar>other_scalar_out",
        "special_xlog1py special_xlogy special_zeta",
    ),
    (
        "default=U(U,S,Vh)",
        "_linalg_svd linalg_svd",
    ),
    (
        "default>output(output)",
        "_slow_conv2d_forward slow_conv3d_forward",
    ),
    (
        "dim>out dims>dims_out default>all_out",
        "all any",
    ),
    (
        "Tensor>Tensor_out Tensor_Scalar>Tensor_Scalar_out Scalar_Tensor=Scalar_Tensor_out",
        "bitwise_left_shift bitwise_right_shift",
    ),
    (
        "default=out(values,indices)",
        "cummax cummin",
    ),
    (
        "default=output(output,indices)",
        "fractional_max_pool2d fractional_max_pool3d",
    ),
    (
        "default=out(P,L,U)",
        "linalg_lu lu_unpack",
    ),
    (
        "default=out(sign,logabsdet)",
        "linalg_slogdet slogdet",
    ),
    (
        "default<out Tensor_Tensor<Tensor_Tensor_out Tensor_Scalar<Tensor_Scalar_out Scalar_Tensor<Scalar_Tensor_out",
        "linspace logspace",
    ),
    (
        "dim=dim_values(values,indices) default=out",
        "median nanmedian",
    ),
    (
        "default=out scalar=scalar_out",
        "nanquantile quantile",
    ),
    (
        "default=output(output,total_weight)",
        "nll_loss2d_forward nll_loss_forward",
    ),
    (
        "Tensor=Tensor_out",
        "repeat_interleave slice_copy",
    ),
    (
        "correction>correction_out dim>out",
        "std var",
    ),
    (
        "correction=correction_out(out0,out1)",
        "std_mean var_mean",
    ),
    (
        "default=out vec=vec_out",
        "upsample_bilinear2d upsample_nearest2d",
    ),
    ("default=out(out0,out1) dim=dim_out(out0,out1)", "_aminmax"),
    ("default=out(out0,out1) Tensor=Tensor_out(out0,out1)", "_ctc_loss"),
    ("default=result(result,LU,pivots)", "_linalg_det"),
    ("default=eigenvalues(eigenvalues,eigenvectors)", "_linalg_eigh"),
    ("default=sign(sign,logabsdet,LU,pivots)", "_linalg_slogdet"),
    ("default=result(result,LU,pivots,info)", "_linalg_solve_ex"),
    ("no_stats>no_stats_out(out,save_mean,save_invstd)", "_native_batch_norm_legit"),
    ("default=out(min,max)", "aminmax"),
    ("start_step<start_out default<out", "arange"),
    ("stable=stable_out", "argsort"),
    ("default<out Tensor=Tensor_out", "bernoulli"),
    ("Tensor>out Scalar>Scalar_out", "copysign"),
    ("dim_IntList=dim_IntList_out default=out", "count_nonzero"),
    ("self=self_out", "dequantize"),
    ("Tensor>out Tensor_mode>out_mode Scalar=Scalar_out Scalar_mode=Scalar_mode_out", "div"),
    ("Tensor>out Tensor_mode>out_mode", "divide"),
    ("memory_format<out", "empty"),
    ("default<out m<m_out", "eye"),
    ("Tensor_Tensor=Tensor_Tensor_out Scalar=Scalar_out Tensor_Scalar=Tensor_Scalar_out", "float_power"),
    ("default>out Scalar=Scalar_out", "floor_divide"),
    ("Tensor>Tensor_out Scalar>Scalar_out", "fmod"),
    ("Tensor=Tensor_out(mantissa,exponent)", "frexp"),
    ("dim=out", "frobenius_norm"),
    ("default>a(a,tau)", "geqrf"),
    (
        "default=out periodic=periodic_out periodic_alpha=periodic_alpha_out "
        "periodic_alpha_beta=periodic_alpha_beta_out",
        "hamming_window",
    ),
    ("bins_tensor=bins_tensor_out(hist,bin_edges) bin_ct=bin_ct_out(hist,bin_edges)", "histogram"),
    ("Tensor>Tensor_out", "index"),
    ("int_Scalar=int_Scalar_out int_Tensor=int_Tensor_out", "index_fill"),
    ("Tensor_Tensor=Tensor_Tensor_out Tensor_Scalar=Tensor_Scalar_out Scalar_Tensor=Scalar_Tensor_out", "isin"),
    ("default=out periodic=periodic_out beta=beta_out", "kaiser_window"),
    ("default=L(L,info)", "linalg_cholesky_ex"),
    ("default>out p_str>p_str_out", "linalg_cond"),
    ("default>out(eigenvalues,eigenvectors)", "linalg_eig"),
    ("default=eigvals(eigvals,eigvecs)", "linalg_eigh"),
    ("default=inverse(inverse,info)", "linalg_inv_ex"),
    ("default=out(LD,pivots)", "linalg_ldl_factor"),
    ("default=out(LD,pivots,info)", "linalg_ldl_factor_ex"),
    ("default>out(solution,residuals,rank,singular_values)", "linalg_lstsq"),
    ("default=out(LU,pivots)", "linalg_lu_factor"),
    ("default=out(LU,pivots,info)", "linalg_lu_factor_ex"),
    ("default=out str_ord=str_ord_out", "linalg_matrix_norm"),
    (
        "atol_rtol_tensor>atol_rtol_tensor_out atol_rtol_float>atol_rtol_float_out default>out "
        "tol_tensor>out_tol_tensor",
        "linalg_matrix_rank",
    ),
    ("default=out ord_str=ord_str_out", "linalg_norm"),
    (
        "atol_rtol_tensor>atol_rtol_tensor_out atol_rtol_float>atol_rtol_float_out default>out "
        "rcond_tensor>out_rcond_tensor",
        "linalg_pinv",
    ),
    ("default=out(Q,R)", "linalg_qr"),
    ("default=out(result,info)", "linalg_solve_ex"),
    ("default=output(output,buffer)", "log_sigmoid_forward"),
    ("dim=dim_max(max,max_values) default>unary_out other>out", "max"),
    ("dim>out default>dtype_out", "mean"),
    ("dim=dim_min(min,min_indices) default>unary_out other>out", "min"),
    ("default=output(output,is_target)", "multilabel_margin_loss_forward"),
    ("default=out(out,save_mean,save_invstd)", "native_batch_norm"),
    ("default=out ScalarOpt_dim_dtype=ScalarOpt_dim_dtype_out", "native_norm"),
    ("ScalarOpt_dim_dtype=dtype_out ScalarOpt_dim=out ScalarOpt_dtype=ScalarOpt_dtype_out Scalar=Scalar_out", "norm"),
    (
        "Tensor_float>Tensor_float_out float_Tensor>float_Tensor_out Tensor_Tensor>Tensor_Tensor_out "
        "float_float<float_float_out",
        "normal",
    ),
    ("default=out dim=dim_out", "nuclear_norm"),
    ("Tensor_Tensor>Tensor_Tensor_out Scalar=Scalar_out Tensor_Scalar>Tensor_Scalar_out", "pow"),
    ("dim_int<int_out default=out", "prod"),
    ("default=Q(Q,R)", "qr"),
    ("default<out generator<generator_out low<low_out low_generator<low_generator_out", "randint"),
    (
        "default<out generator<generator_out Tensor<Tensor_out Tensor_generator<Tensor_generator_out "
        "low_dtype<low_dtype_out low_generator_dtype<low_generator_dtype_out",
        "randint_like",
    ),
    ("from=from_out to=to_out default=out", "random"),
    ("step<out default<out_", "range"),
    ("default!out decimals!decimals_out", "round"),
    ("src=src_out value=value_out reduce=reduce_out value_reduce=value_reduce_out", "scatter"),
    ("two=two_out", "scatter_reduce"),
    ("stable=values_stable(values,indices) default=values(values,indices)", "sort"),
    ("default=out dim=dim_out dims=dims_out", "squeeze_copy"),
    ("dim_IntList<IntList_out default=out", "sum"),
    ("default=U(U,S,V)", "svd"),
    ("default=X(X,M)", "triangular_solve"),
    ("self>self_out", "where"),
    ("Tensor>OutTensor Scalar_Self>OutScalar_Self Scalar_Other>OutScalar_Other", "xlogy"),
)  # fmt: skip

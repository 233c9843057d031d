"""The public callables that are no functions from float arrays to float arrays, by reason."""

EXCLUDED = {
    "makes an array from sizes, integers, keys or a file": """
        jax.numpy: arange bartlett blackman diag_indices diag_indices_from empty empty_like eye
            from_dlpack frombuffer fromfile fromfunction fromiter fromstring hamming hanning identity
            indices load mask_indices ones ones_like tri tril_indices tril_indices_from triu_indices
            triu_indices_from zeros zeros_like
        jax.scipy.linalg: dft hadamard helmert hilbert invhilbert invpascal pascal
        jax.scipy.special: bernoulli
        jax.lax: broadcasted_iota empty iota
        jax.random: ball bits cauchy exponential gumbel laplace logistic maxwell normal orthogonal
            rademacher randint
        flax.linen: ones ones_init zeros zeros_init
    """,
    "takes integers, booleans, shapes, types, keys or text": """
        jax.nn: get_scaled_dot_general_config one_hot
        jax.numpy: array_repr array_str bitwise_and bitwise_count bitwise_or bitwise_xor
            broadcast_shapes can_cast einsum_path gcd get_printoptions invert isdtype issubdtype ix_ lcm
            left_shift packbits printoptions promote_types ravel_multi_index result_type right_shift
            save savez set_printoptions unpackbits unravel_index
        jax.lax: after_all axis_index axis_size bitwise_and bitwise_not bitwise_or bitwise_xor
            broadcast_shapes clz conv_dimension_numbers conv_general_permutations
            conv_general_shape_tuple conv_shape_tuple conv_transpose_shape_tuple create_token dtype
            mulhi padtype_to_pads population_count reduce_and reduce_or reduce_window_shape_tuple
            reduce_xor rng_bit_generator shape_as_value shift_left shift_right_arithmetic
            shift_right_logical
        jax.lax.linalg: lu_pivots_to_permutation
        jax.random: PRNGKey clone fold_in key key_data key_dtype key_impl split wrap_key_data
        optax: safe_increment
        optax.tree: batch_shape dtype size split_key_like unwrap_random_key_data
        rlax: fix_step_type_on_interruptions one_hot sample_start_indices tree_split_key
    """,
    "takes a function and returns a function": """
        jax.numpy: frompyfunc vectorize
        flax.linen: apply compact compact_name_scope custom_vjp fold_rngs grad init init_with_output
            intercept_methods jit jvp map_variables named_call nowrap remat remat_scan scan
            value_and_grad vjp vmap with_logical_partitioning with_partitioning
        flax.nnx: cached_partial capture checkify custom_vjp eval_shape grad jit jit_partial jvp
            make_jaxpr pmap remat scan shard_map transform_metadata value_and_grad vjp vmap
            with_metadata with_partitioning
        optax: measure_with_ema microbatch value_and_grad_from_state
        distrax: register_inverse straight_through_wrapper
    """,
    "control flow over modules; jax.lax has the same over arrays": """
        flax.linen: cond switch while_loop
        flax.nnx: cond fori_loop switch while_loop
    """,
    "works on modules, their states and their places": """
        flax.linen: Module RNNCellBase add_metadata_axis disable_named_call enable_named_call
            get_logical_axis_rules get_partition_spec get_sharding logical_to_mesh logical_to_mesh_axes
            logical_to_mesh_sharding merge_param override_named_call set_logical_axis_rules share_scope
            tabulate unbox with_logical_constraint
        flax.nnx: Dict List Module RNNCellBase abstract_with_sharding as_abstract as_pure call
            check_pytree clone current_update_context data dataclass display filter_state
            find_duplicates flatten fork_rngs from_flat_state from_tree get_abstract_model
            get_named_sharding get_partition_spec graphdef has_data is_data iter_children iter_graph
            iter_module_children iter_modules logical_axis_rules map map_state merge merge_context
            merge_state pop prefix pure recursive_map register_data_type register_variable_name
            replace_by_pure_dict reseed restore_int_paths restore_rngs set_metadata split split_context
            split_rngs split_state state static tabulate to_flat_state to_pure_dict to_tree unflatten
            unpack update update_context using_eager_sharding var_defaults variable_name_from_type
            variable_type_from_name vars_as view view_info with_attributes with_rngs with_vars
        equinox.nn: StateIndex StatefulLayer delete_init_state inference_mode make_with_state
        optax: init_empty_state
        optax.tree: get get_all_with_path set
    """,
    "works on distributions, or is the base of some": """
        distrax: Bijector Distribution Linear as_bijector as_distribution to_tfp
    """,
    "runs on no CPU": """
        jax.nn: scaled_matmul
        jax.lax: pbroadcast precv psend ragged_all_to_all
    """,
    "cannot be traced: the shape of its result depends on the numbers": """
        jax.numpy: trim_zeros
    """,
    "makes a schedule from Python numbers": """
        optax: constant_schedule cosine_decay_schedule cosine_onecycle_schedule exponential_decay
            join_schedules linear_onecycle_schedule linear_schedule piecewise_constant_schedule
            piecewise_interpolate_schedule polynomial_schedule sgdr_schedule
            warmup_cosine_decay_schedule warmup_exponential_decay_schedule
        optax.schedules: warmup_constant_schedule
    """,
}


def excluded():
    """Dotted name -> why it is not in the list."""
    reasons = {}
    for reason, text in EXCLUDED.items():
        for word in text.split():
            if word.endswith(":"):
                module = word[:-1]
            else:
                reasons[f"{module}.{word}"] = reason
    return reasons

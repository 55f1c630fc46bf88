"""Linear heads in closed form: pure numerics in float64, below every member that needs one."""

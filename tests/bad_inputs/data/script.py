import numpy as np
reaction_time = np.array([30, 60, 90])
print(reaction_time)
